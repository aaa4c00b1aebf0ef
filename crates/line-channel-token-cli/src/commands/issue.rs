//! `issue`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::output::OutputArgs;

/// Issues a channel access token
#[derive(Args, Debug)]
pub(crate) struct Issue {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Issue {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
