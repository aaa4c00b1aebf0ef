//! The commands, one file or folder for each.

mod completions;
mod doctor;
mod emulator;
mod exec;
mod inspect;
mod issue;
mod jwk;
mod key_ids;
mod keygen;
mod man;
mod revoke;
mod serve;
mod sign;
mod token;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::sign::adjust as adjust_sign;
use crate::failure::Failure;
use crate::output::OutputFormat;

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Emulator(Box<emulator::Emulator>),
    Keygen(keygen::Keygen),
    Jwk(jwk::Jwk),
    Sign(sign::Sign),
    Inspect(inspect::Inspect),
    Token(Box<token::Token>),
    Serve(Box<serve::Serve>),
    Issue(issue::Issue),
    Verify(verify::Verify),
    Revoke(revoke::Revoke),
    KeyIds(key_ids::KeyIds),
    Doctor(doctor::Doctor),
    Exec(exec::Exec),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// How results and failures are written.
    pub(crate) fn output_format(&self) -> OutputFormat {
        match self {
            Self::Emulator(command) => command.output_format(),
            Self::Keygen(command) => command.output_format(),
            Self::Jwk(command) => command.output_format(),
            Self::Sign(command) => command.output_format(),
            Self::Inspect(command) => command.output_format(),
            Self::Token(command) => command.output_format(),
            Self::Serve(command) => command.output_format(),
            Self::Issue(command) => command.output_format(),
            Self::Verify(command) => command.output_format(),
            Self::Revoke(command) => command.output_format(),
            Self::KeyIds(command) => command.output_format(),
            Self::Doctor(command) => command.output_format(),
            Self::Exec(command) => command.output_format(),
            Self::Completions(command) => command.output_format(),
            Self::Man(command) => command.output_format(),
        }
    }

    /// Runs it, and returns the exit code.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Emulator(command) => command.run(),
            Self::Keygen(command) => command.run(),
            Self::Jwk(command) => command.run(),
            Self::Sign(command) => command.run(),
            Self::Inspect(command) => command.run(),
            Self::Token(command) => command.run(),
            Self::Serve(command) => command.run(),
            Self::Issue(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Revoke(command) => command.run(),
            Self::KeyIds(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Exec(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(),
        }
    }
}
