//! `key-ids`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::output::OutputArgs;

/// Lists the key ids of the valid v2.1 tokens
#[derive(Args, Debug)]
pub(crate) struct KeyIds {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl KeyIds {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
