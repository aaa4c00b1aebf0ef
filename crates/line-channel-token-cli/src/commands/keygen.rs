//! `keygen`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::output::OutputArgs;

/// Generates the private key of assertions, and the public JWK to register
#[derive(Args, Debug)]
pub(crate) struct Keygen {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Keygen {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
