//! `exec`.

mod child;
mod environment;
#[cfg_attr(not(unix), path = "no_signals.rs")]
mod signals;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, TokenFamily};

use crate::failure::Failure;
use crate::issued;
use crate::line_service::{CallArgs, LineService};
use crate::output::OutputFormat;
use crate::runtime;

/// Runs a command with a channel access token in its environment
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  line-channel-token exec -- node push.js
  line-channel-token exec -- sh -c 'echo \"$LINE_CHANNEL_ACCESS_TOKEN\" | wc -c'
  line-channel-token exec --family jwt --token-ttl 2h -- ./deploy.sh

The command gets a stateless token by default, which lives for 15 minutes and is left to expire: on Unix the command then takes the place of \
this process, with its process id, so that signals and job control are the command's own. For a longer command there is --family jwt (up \
to 30 days); a v2.1 or short-lived token is revoked when the command has ended, also if it failed or was killed by a signal. If this process \
itself is killed (SIGKILL), it is not.

The exit code is that of the command: 127 if there is no such command, 126 if it cannot be run, and 128 + n if signal n ended it. If \
no token was issued, nothing is run, and the exit code is 2, 3 or 4.

The variables of the secret and the key (LINE_CHANNEL_SECRET, LINE_ASSERTION_KEY, and those with _FILE) are removed from the command's \
environment: it needs the token alone. --keep-secrets leaves them there, for a bot that verifies webhooks.")]
pub(crate) struct Exec {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    /// The variable that holds the token
    #[arg(long, value_name = "NAME", default_value = environment::TOKEN, value_parser = environment::parse_name)]
    env: String,
    /// Leaves the secret and the key in the command's environment
    #[arg(long)]
    keep_secrets: bool,
    /// Leaves a v2.1 or short-lived token valid when the command has ended
    #[arg(long)]
    no_revoke: bool,
    /// How an error is written to standard error, if the command cannot be run; what the command writes is its own
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", display_order = 800)]
    output: OutputFormat,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Exec {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Self { channel, call, env, keep_secrets, no_revoke, command, output: _ } = self;
        let config = channel.into_config_for_one_token(None)?;
        let service = LineService::new(config.api_base_url(), call)?;
        let command = environment::Command { name: env, keep_secrets, words: command };
        if config.token_family() == TokenFamily::Stateless || no_revoke {
            return exec_unrevoked(&service, &config, &command);
        }
        check_revocable(&config)?;
        runtime::block_on(child::run_and_revoke(&service, &config, &command))
    }
}

/// Runs a command whose token is left to expire, so that nothing has to be done after it.
fn exec_unrevoked(
    service: &LineService,
    config: &ChannelConfig,
    command: &environment::Command,
) -> Result<ExitCode, Failure> {
    // Without a handler for Ctrl-C: a signal that is ignored, as in `COMMAND &` of a script, must stay so for the command.
    let issued = runtime::block_on(issued::issue(service, config))?;
    child::replace_process(command.with_token(&issued.access_token))
}

/// A v2.1 token that could not be revoked would keep its slot, so it is not even issued.
fn check_revocable(config: &ChannelConfig) -> Result<(), Failure> {
    let has_secret = config.channel_secret().is_some() || config.channel_secret_file().is_some();
    if config.token_family() != TokenFamily::Jwt || has_secret {
        return Ok(());
    }
    Err(Failure::usage(
        "a v2.1 token is revoked when the command has ended, and LINE asks for the channel secret to do so",
    )
    .with_hint("set LINE_CHANNEL_SECRET or give --channel-secret-file; or leave the token valid with --no-revoke"))
}
