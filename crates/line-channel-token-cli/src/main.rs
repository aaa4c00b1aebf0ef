//! The `line-channel-token` binary: LINE channel access tokens at a shell, and a LINE token service to test against.

#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

mod argument_list;
mod cli;
mod commands;
mod emulator;
mod error_advice;
mod exit;
mod failure;
mod input;
mod interrupt;
mod issued;
mod key_file;
mod library_words;
mod line_service;
mod local_server;
mod logging;
mod messages;
mod os_error;
mod output;
mod output_format;
mod path_text;
mod private_file;
mod runtime;
mod sharing;
mod similar;
mod small_file;
mod spinner;
mod store;
mod style;
mod time_span;
mod time_text;
mod token_input;
mod token_json;
mod token_server;
mod usage_error;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    logging::start(cli.verbose);
    let format = cli.command.output_format();
    match cli.command.run() {
        Ok(code) => code,
        Err(failure) => failure.report(format),
    }
}
