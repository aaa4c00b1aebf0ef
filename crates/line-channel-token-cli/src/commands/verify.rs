//! `verify`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use line_channel_token::configuration::{ChannelArgs, TokenFamily};
use line_channel_token::{Clock, Error, SystemClock, VerifiedToken};
use serde::Serialize;

use crate::failure::Failure;
use crate::line_service::{CallArgs, LineService};
use crate::output::{OutputArgs, OutputFormat};
use crate::token_input::{GivenToken, TokenArgs};
use crate::{interrupt, output, runtime, spinner, time_text};

/// Verifies a channel access token
///
/// LINE says whether it is valid, for which channel, and for how long.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  printf %s \"$LINE_CHANNEL_ACCESS_TOKEN\" | line-channel-token verify
  line-channel-token verify token.txt --output json
  line-channel-token issue --family jwt | tee token.txt | line-channel-token verify

The token may be pasted with `Bearer ` or quotes, and in any form that `issue` prints. It needs neither a channel id nor a secret. A token \
that begins with eyJ is taken for a v2.1 token, any other for a short-lived or long-lived one. Stateless tokens cannot be verified. \
Exit code 3 if it is not valid.")]
pub(crate) struct Verify {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The shape in JSON.
#[derive(Serialize)]
struct VerifiedJson<'a> {
    valid: bool,
    family: &'static str,
    channel_id: &'a str,
    expires_in: u64,
    expires_at: u64,
    scope: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Verify {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let base_url = self.channel.api_base_url()?;
        let given = self.token.read("verified")?;
        let service = LineService::new(base_url, self.call)?;
        let doing = format!("Waiting for {} to verify the token …", service.name());
        let call = spinner::while_waiting(&doing, async { Ok(verify(&service, &given).await?) });
        let verified = runtime::block_on(interrupt::ends(call, || None))?;
        write(self.output.output, &verified, given.family)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Verifies a token of its family.
pub(crate) async fn verify(service: &LineService, given: &GivenToken) -> Result<VerifiedToken, Error> {
    match given.family {
        TokenFamily::Jwt => service.client().verify_jwt(&given.token).await,
        _ => service.client().verify(&given.token).await,
    }
}

fn write(format: OutputFormat, verified: &VerifiedToken, family: TokenFamily) -> Result<(), Failure> {
    let now = SystemClock.now();
    let remaining = verified.remaining(now);
    let family = name(family, verified.expires_in());
    match format {
        OutputFormat::Json => output::json(&VerifiedJson {
            valid: true,
            family,
            channel_id: verified.channel_id().as_str(),
            expires_in: remaining.as_secs(),
            expires_at: now.unix.saturating_add(remaining).as_secs(),
            scope: verified.scope().iter().map(String::as_str).collect(),
            request_id: verified.request_id().map(ToString::to_string),
        }),
        OutputFormat::Text => {
            let until = time_text::date(now.unix.saturating_add(remaining));
            let until = until.map(|date| format!(", until {date}")).unwrap_or_default();
            let mut text = format!(
                "valid for {}{until}\nchannel {}\nfamily {}",
                time_text::describe(remaining),
                verified.channel_id(),
                family.replace('_', "-"),
            );
            if !verified.scope().is_empty() {
                let scope: Vec<&str> = verified.scope().iter().map(String::as_str).collect();
                text.push_str("\nscope ");
                text.push_str(&scope.join(" "));
            }
            output::line(&output::printable(&text))
        }
    }
}

/// The family. A token that lives longer than LINE lets a short-lived one live is a long-lived one of the Console.
fn name(family: TokenFamily, expires_in: Duration) -> &'static str {
    const THIRTY_DAYS: Duration = Duration::from_secs(30 * 86_400);
    match family {
        TokenFamily::ShortLived if expires_in > THIRTY_DAYS => "long_lived",
        family => family.as_str(),
    }
}
