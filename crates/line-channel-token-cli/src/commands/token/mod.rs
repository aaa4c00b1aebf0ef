//! `token`.

mod obtain;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use line_channel_token::SystemClock;
use line_channel_token::cache::{SharedSource, TokenSource};
use line_channel_token::configuration::{ChannelArgs, TokenFamily};
use line_channel_token::{AccessToken, ChannelId, Clock as _};

use self::obtain::{Obtained, Wanted};
use crate::failure::Failure;
use crate::input::Source;
use crate::line_service::CallArgs;
use crate::output::OutputFormat;
use crate::sharing::{self, LazySource};
use crate::store::{OutageArgs, StoreArgs};
use crate::token_json::TokenJson;
use crate::{interrupt, issued, output, runtime, time_span, token_input};

/// Prints a token that is kept on this machine or in Redis, and issues one only if there is none
///
/// Processes that ask at the same time get the same token, and one of them issues it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  curl -H \"Authorization: Bearer $(line-channel-token token)\" https://api.line.me/v2/bot/info
  line-channel-token token --output header | curl -H @- https://api.line.me/v2/bot/info
  # A job that runs for an hour
  line-channel-token token --family jwt --min-valid 1h > token
  # LINE has said 401 to the token in the file
  line-channel-token token --family jwt --refused < token
  # The processes of many machines
  LINE_TOKEN_STORE_URL=rediss://bot@redis.example:6379 line-channel-token token --family jwt

The token is kept in a directory that only this user may enter ($XDG_STATE_HOME/line-channel-token, or ~/.local/state/line-channel-token), or in \
Redis; --store-key-file encrypts it there. If one is there that is valid for long enough, no credential is read and nothing is sent. \
Tokens of another channel, another family or another server are kept apart.

Nothing is revoked: a token that is replaced expires by itself, so a process that still uses it is not cut off.")]
pub(crate) struct Token {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    outage: OutageArgs,
    /// How long the token must be valid yet, half of its life at most: otherwise another one is issued [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = time_span::parse)]
    min_valid: Option<Duration>,
    /// The token in this file (standard input without one) was refused by LINE: it is not handed out again
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-", value_parser = Source::parser())]
    refused: Option<Source>,
    /// How the token is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: TokenFormat,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TokenFormat {
    /// The token alone
    #[default]
    Text,
    /// One JSON object: access_token, expires_in and what else is known of it
    Json,
    /// `Authorization: Bearer TOKEN`, for `curl -H @-`
    Header,
}

impl Token {
    pub(crate) fn output_format(&self) -> OutputFormat {
        if self.output == TokenFormat::Json { OutputFormat::Json } else { OutputFormat::Text }
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let store = self.store.choose()?;
        let source = LazySource::new(self.channel, self.call)?;
        let policy = source.policy();
        let (Some(family), Some(channel_id)) = (policy.family(), policy.channel_id()) else {
            return Err(Failure::usage("the channel is not configured"));
        };
        let wanted = Wanted::new(source.lifetime(), self.min_valid, refused(self.refused.as_ref())?)?;
        let lost = || if source.is_issuing() { issued::lost_by_interrupt(family) } else { None };
        let obtained = match store.open()? {
            Some(store) => {
                let (refusing, outage) = (source.clone(), self.outage.store_outage);
                let mut shared = SharedSource::new(source.clone(), store).on_event(move |event| {
                    match sharing::misconfigured(event, family).filter(|_| outage.is_none()) {
                        Some(failure) => refusing.refuse(failure),
                        None => sharing::tell(event, family, None),
                    }
                });
                if let Some(outage) = outage {
                    shared = shared.during_outage(outage.into());
                }
                runtime::block_on(interrupt::ends(wanted.obtain(&shared), lost))
            }
            None => {
                if let Some(warning) = sharing::has_no_store(family) {
                    sharing::warn(warning);
                }
                runtime::block_on(interrupt::ends(wanted.obtain(&source), lost))
            }
        };
        let obtained = obtained.map_err(|failure| source.take_failure().unwrap_or(failure))?;
        write(self.output, &obtained, family, channel_id)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The token that LINE has refused.
fn refused(input: Option<&Source>) -> Result<Option<AccessToken>, Failure> {
    input.map(token_input::read).transpose()
}

fn write(format: TokenFormat, obtained: &Obtained, family: TokenFamily, channel_id: &ChannelId) -> Result<(), Failure> {
    let token = &obtained.token;
    match format {
        TokenFormat::Text => output::line(token.access_token().expose_secret()),
        TokenFormat::Header => output::line(&format!("Authorization: Bearer {}", token.access_token().expose_secret())),
        TokenFormat::Json => {
            let expires_at = SystemClock.now().unix.saturating_add(obtained.remaining);
            output::json(
                &TokenJson::new(token.access_token(), family, channel_id)
                    .expires(obtained.remaining, expires_at)
                    .key_id(token.key_id()),
            )
        }
    }
}
