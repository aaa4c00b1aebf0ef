//! `jwk`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::output::OutputArgs;

/// Prints the public JWK of a private key
#[derive(Args, Debug)]
pub(crate) struct Jwk {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Jwk {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Err(Failure::other("not yet there"))
    }
}
