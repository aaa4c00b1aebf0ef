//! The command line: what it may hold, and how it is parsed.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgAction, ColorChoice, CommandFactory, FromArgMatches, Parser};

use crate::argument_list::ArgumentList;
use crate::commands::{self, Command};
use crate::{output, style, usage_error};

/// The name of the binary.
pub(crate) const NAME: &str = "line-channel-token";

/// LINE channel access tokens at a shell, and a LINE token service to test against.
#[derive(Debug, Parser)]
#[command(name = NAME, version, propagate_version = true, styles = style::HELP, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 2 usage or configuration, 3 refused by LINE, 4 try again later, 1 anything else."
)]
pub(crate) struct Cli {
    /// Says more on standard error: once calls, twice exchanges, three times everything. Never a secret.
    #[arg(short, long, global = true, display_order = 900, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether text is coloured; by default if it goes to a terminal and NO_COLOR is not set
    #[arg(long, global = true, display_order = 900, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Parses the command line. The error is the exit code, and everything has been said.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Cli, ExitCode> {
    let list = ArgumentList::new(&arguments);
    output::choose_color(list.color);
    list.check().map_err(|failure| failure.report(list.format))?;
    let matches = command().try_get_matches_from(arguments);
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = cli.map_err(|error| usage_error::report(error, list.format))?;
    output::choose_color(cli.color);
    Ok(cli)
}

/// The whole command line, also for completions and the manual page.
pub(crate) fn command() -> clap::Command {
    Cli::command()
        .mut_subcommand("sign", commands::adjust_sign)
        .mut_subcommands(with_short_names)
        .mut_subcommands(without_useless_flags)
}

/// `--family` and `--token-ttl` stand for `--token-family` and `--token-lifetime` in each command that has these alone.
fn with_short_names(command: clap::Command) -> clap::Command {
    let short_names = [("line_token_family", "family"), ("line_token_lifetime", "token-ttl")];
    short_names.into_iter().fold(command, |command, (id, short)| {
        let is_taken = |arg: &clap::Arg| {
            arg.get_long() == Some(short) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&short))
        };
        if command.get_arguments().any(is_taken) || command.get_arguments().all(|arg| arg.get_id() != id) {
            return command;
        }
        command.mut_arg(id, |arg| arg.visible_alias(short))
    })
}

/// Flags of a channel that mean nothing to a command are not shown: `revoke` and others have them from what all share.
fn without_useless_flags(command: clap::Command) -> clap::Command {
    const OF_A_CACHE: [&str; 2] = ["line_revoke_previous_after", "line_issue_budget"];
    const OF_TOKENS: [&str; 2] = ["line_token_family", "line_token_lifetime"];
    const OF_THE_KEY: [&str; 3] = ["line_assertion_key_file", "line_assertion_kid", "line_assertion_kid_file"];
    const OF_THE_SECRET: [&str; 1] = ["line_channel_secret_file"];
    let useless: &[&[&str]] = match command.get_name() {
        "issue" | "exec" | "token" | "serve" => &[&OF_A_CACHE],
        "key-ids" => &[&OF_A_CACHE, &OF_TOKENS, &OF_THE_SECRET],
        "revoke" => &[&OF_A_CACHE, &OF_TOKENS, &OF_THE_KEY],
        "verify" => &[&OF_A_CACHE, &OF_TOKENS, &OF_THE_KEY, &OF_THE_SECRET, &["line_channel_id"]],
        _ => &[],
    };
    let known: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let useless = useless.iter().flat_map(|ids| ids.iter()).filter(|id| known.iter().any(|known| known == *id));
    useless.fold(command, |command, id| command.mut_arg(id, |arg| arg.hide(true)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_argument_is_declared_soundly() {
        super::command().debug_assert();
    }
}
