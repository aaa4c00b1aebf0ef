//! `emulator`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::output::OutputArgs;

/// Runs a LINE token service to test against, until it is interrupted
#[derive(Args, Debug)]
pub(crate) struct Emulator {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Emulator {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
