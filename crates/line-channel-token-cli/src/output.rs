//! Results on standard output, and everything else on standard error.
//!
//! Nothing here panics if nobody reads: `println!` and `eprintln!` do, and are denied in this package.

use std::io::{self, ErrorKind, Write};

use clap::{Args, ColorChoice, ValueEnum};
use serde::Serialize;

use crate::failure::Failure;
use crate::os_error::describe;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object, whose members stay as they are from version to version.
    Json,
}

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

/// Writes a line for people to standard error, whose escapes are stripped unless it is a terminal. Nobody may be there to read it.
pub(crate) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// The text without characters that drive a terminal: a name of a file may hold them.
pub(crate) fn printable(text: &str) -> String {
    let is_text = |char: char| !char.is_control() || matches!(char, '\n' | '\t');
    text.chars().map(|char| if is_text(char) { char } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The same for text whose colours are kept.
pub(crate) fn printable_styled(text: &str) -> String {
    let is_text = |char: char| !char.is_control() || matches!(char, '\n' | '\t' | '\u{1b}');
    text.chars().map(|char| if is_text(char) { char } else { char::REPLACEMENT_CHARACTER }).collect()
}

fn outcome(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::reader_gone()),
        Err(error) => Err(Failure::other(format!("standard output cannot be written: {}", describe(&error)))),
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escapes_of_a_file_name_reach_no_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\x07\u{9b}c\nd\té鍵"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c\nd\té鍵");
    }
}
