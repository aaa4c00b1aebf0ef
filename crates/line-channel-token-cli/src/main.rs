//! The `line-channel-token` binary: LINE channel access tokens at a shell, and a LINE token service to test against.

mod cli;
mod commands;
mod failure;
mod logging;
mod output;
mod runtime;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::parse();
    logging::start(cli.verbose);
    let format = cli.command.output_format();
    match cli.command.run() {
        Ok(code) => code,
        Err(failure) => failure.report(format),
    }
}
