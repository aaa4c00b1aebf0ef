//! Results, on standard output.
//!
//! Nothing here panics if nobody reads: `println!` and `eprintln!` do, and are denied in this package.

use std::io::{self, ErrorKind, Write};

use clap::{Args, ColorChoice};
use serde::Serialize;

use crate::failure::Failure;
pub(crate) use crate::messages::{note, printable, printable_styled};
use crate::os_error::describe;
pub(crate) use crate::output_format::OutputFormat;

/// `--output`, for a command that has no other formats.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputArgs {
    /// How the result is written, and an error to standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", display_order = 800)]
    pub(crate) output: OutputFormat,
}

/// Decides for the whole process whether text is coloured. `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM=dumb` decide if the choice is
/// left to the terminal.
pub(crate) fn choose_color(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Writes a line to standard output. A reader that has gone, as in `… | head -1`, ends the command quietly.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes lines for people to standard output, whose escapes are stripped unless it is a terminal.
pub(crate) fn styled(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    outcome(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// Writes a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::other(error.to_string()))?;
    line(&text)
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    outcome(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

fn outcome(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::reader_gone()),
        Err(error) => Err(Failure::other(format!("standard output cannot be written: {}", describe(&error)))),
    }
}
