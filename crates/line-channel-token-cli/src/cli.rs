//! The command line: what it may hold, and how it is parsed.

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

use crate::commands::Command;

/// LINE channel access tokens at a shell, and a LINE token service to test against.
#[derive(Debug, Parser)]
#[command(name = "line-channel-token", version, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done, 2 usage or configuration, 3 refused by LINE, 4 try again later, 1 anything else."
)]
pub(crate) struct Cli {
    /// Says more on standard error: once calls, twice exchanges, three times everything. Never a secret.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line of this process; it ends the process if that cannot be parsed, or asks for help.
pub(crate) fn parse() -> Cli {
    let matches = command().get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The whole command line, also for completions and the manual page.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}
