//! `man`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;

/// Prints the manual page
#[derive(Args, Debug)]
pub(crate) struct Man {}

impl Man {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        crate::output::OutputFormat::Text
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
