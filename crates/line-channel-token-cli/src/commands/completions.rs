//! `completions`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;

/// Prints the completions of a shell
#[derive(Args, Debug)]
pub(crate) struct Completions {}

impl Completions {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        crate::output::OutputFormat::Text
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
