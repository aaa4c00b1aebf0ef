//! `revoke`.

use std::process::ExitCode;

use clap::Args;
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, TokenFamily};
use line_channel_token::{BaseUrl, ErrorKind, Revoked, VerifiedToken};
use serde::Serialize;

use crate::commands::verify::verify;
use crate::failure::Failure;
use crate::line_service::{CallArgs, LineService};
use crate::output::{OutputArgs, OutputFormat};
use crate::token_input::{GivenToken, TokenArgs};
use crate::{interrupt, output, runtime, spinner};

/// Revokes a channel access token
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  line-channel-token revoke token.txt
  pbpaste | line-channel-token revoke --output json

The token may be pasted with `Bearer ` or quotes, and in any form that `issue` prints. A v2.1 token (it begins with eyJ) is revoked with the \
channel id and the channel secret; a short-lived or long-lived one needs neither. Stateless tokens begin with eyJ as well and cannot be \
revoked. LINE responds alike to a token that it does not know, so the token is verified first, and the result says whether it was valid.")]
pub(crate) struct Revoke {
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
struct RevokedJson<'a> {
    revoked: bool,
    /// `null` if LINE did not say.
    was_valid: Option<bool>,
    family: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// What became of a token.
struct Outcome {
    /// What it was before, if LINE said so.
    before: Option<Option<VerifiedToken>>,
    revoked: Revoked,
}

impl Revoke {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let given = self.token.read("revoked")?;
        let (base_url, config) = settings(self.channel, given.family)?;
        let service = LineService::new(base_url, self.call)?;
        let doing = format!("Waiting for {} to revoke the token …", service.name());
        let call = spinner::while_waiting(&doing, revoke(&service, &given, config.as_ref()));
        let outcome = runtime::block_on(interrupt::ends(call, || None))?;
        write(self.output.output, &outcome, given.family)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The server, and the channel if LINE asks for it.
fn settings(channel: ChannelArgs, family: TokenFamily) -> Result<(BaseUrl, Option<ChannelConfig>), Failure> {
    if family != TokenFamily::Jwt {
        return Ok((channel.api_base_url()?, None));
    }
    // The family of those that are issued for the secret, which is what LINE asks for here.
    let config = channel.into_config_for_one_token(Some(TokenFamily::ShortLived)).map_err(|error| {
        Failure::from(error).with_hint(
            "a v2.1 token is revoked with the channel id and the channel secret, also if it was issued for a key: set \
             LINE_CHANNEL_ID and LINE_CHANNEL_SECRET. A short-lived or long-lived token needs neither: --family short-lived",
        )
    })?;
    Ok((config.api_base_url(), Some(config)))
}

async fn revoke(service: &LineService, given: &GivenToken, config: Option<&ChannelConfig>) -> Result<Outcome, Failure> {
    let before = match verify(service, given).await {
        Ok(verified) => Some(Some(verified)),
        Err(error) => match error.kind() {
            ErrorKind::InvalidToken | ErrorKind::TokenExpired | ErrorKind::TokenRevoked => Some(None),
            // It is revoked all the same: somebody may be in a hurry.
            _ => None,
        },
    };
    let client = service.client();
    let revoked = match config {
        Some(config) => {
            let configured = config.channel_id();
            if let Some(Some(verified)) = &before
                && verified.channel_id() != configured
            {
                let message = format!("the token is of channel {}, and not of {configured}", verified.channel_id());
                return Err(Failure::usage(message).with_hint("give the id and the secret of the token's channel"));
            }
            client.revoke_jwt(configured, &config.read_channel_secret()?, &given.token).await?
        }
        None => client.revoke(&given.token).await?,
    };
    Ok(Outcome { before, revoked })
}

fn write(format: OutputFormat, outcome: &Outcome, family: TokenFamily) -> Result<(), Failure> {
    let was_valid = outcome.before.as_ref().map(Option::is_some);
    let channel = outcome.before.iter().flatten().map(|verified| verified.channel_id().as_str()).next();
    match format {
        OutputFormat::Json => output::json(&RevokedJson {
            revoked: was_valid != Some(false),
            was_valid,
            family: family.as_str(),
            channel_id: channel,
            request_id: outcome.revoked.request_id().map(ToString::to_string),
        }),
        OutputFormat::Text => match (was_valid, family) {
            (Some(true), _) => output::line(&format!("revoked: a token of channel {}", channel.unwrap_or_default())),
            (Some(false), TokenFamily::Jwt) => output::line(
                "nothing to revoke: LINE knows no such valid v2.1 token. It has expired, was revoked before, or is a stateless token, \
                 which cannot be revoked and expires 15 minutes after it was issued",
            ),
            (Some(false), _) => output::line(
                "nothing to revoke: LINE knows no such valid short-lived or long-lived token. It has expired, or was revoked before",
            ),
            (None, _) => output::line("revoked, if it was a token: LINE did not say whether it was valid before"),
        },
    }
}
