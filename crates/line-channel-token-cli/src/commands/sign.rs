//! `sign`.

use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::builder::{NonEmptyStringValueParser, Resettable};
use clap::{Args, Command};
use line_channel_token::configuration::{ChannelArgs, TokenFamily};
use line_channel_token::{Assertion, AssertionLifetime, AssertionSigner};
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{self, OutputArgs, OutputFormat};
use crate::time_span;

const EXAMPLES: &str = "\
Examples:
  export LINE_CHANNEL_ID=1234567890 LINE_ASSERTION_KEY_FILE=key.pem LINE_ASSERTION_KID=KID
  # For any call; a v2.1 token that is issued with it lives 30 days
  line-channel-token sign
  # A v2.1 token that lives 7 days
  line-channel-token sign --token-ttl 7d
  # Without token_exp, which only the issue of a v2.1 token needs
  line-channel-token sign --no-token-exp
  # What it says
  line-channel-token sign | line-channel-token inspect
  # A stateless token by hand
  curl https://api.line.me/oauth2/v3/token -d grant_type=client_credentials \\
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\
    --data-urlencode client_assertion@<(line-channel-token sign)

An assertion works like a password until it expires.";

/// Signs an assertion
///
/// The assertion is a JWT, which LINE takes in place of the channel secret as client_assertion. The key, its kid and the channel id come from
/// flags or variables; the key may be in LINE_ASSERTION_KEY itself.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Sign {
    /// How long the assertion may be used, 1s to 30m; LINE refuses what its own clock sees expire later than in 30 minutes
    #[arg(long, default_value = "5m", value_name = "TIME", value_parser = lifetime)]
    ttl: AssertionLifetime,
    /// Leaves the lifetime of a v2.1 token (token_exp) out
    // The lifetime may be a service's, in a variable: as a flag it is refused with the rest of the configuration.
    #[arg(long, conflicts_with = "line_token_family")]
    no_token_exp: bool,
    /// The audience, if another server than LINE asks for its own
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    audience: Option<String>,
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Serialize)]
struct Signed<'a> {
    assertion: &'a str,
    channel_id: &'a str,
    kid: &'a str,
    algorithm: &'a str,
    audience: Value,
    expires_at: Value,
    expires_in: u64,
    /// What `token_exp` says, in seconds.
    token_expires_in: Value,
}

impl Sign {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let family = self.no_token_exp.then_some(TokenFamily::Stateless);
        let config = self.channel.into_config_for_one_token(family)?;
        let mut signer = config.read_assertion_signer()?.with_lifetime(self.ttl);
        if let Some(audience) = &self.audience {
            signer = signer.with_audience(audience);
        }
        let assertion = match config.token_lifetime() {
            Some(lifetime) => signer.sign_for(lifetime)?,
            None => signer.sign()?,
        };
        match self.output.output {
            OutputFormat::Json => output::json(&signed(&signer, &assertion))?,
            OutputFormat::Text => output::line(assertion.expose_secret())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn signed<'a>(signer: &'a AssertionSigner, assertion: &'a Assertion) -> Signed<'a> {
    let claims = assertion.expose_secret().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = claims.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    Signed {
        assertion: assertion.expose_secret(),
        channel_id: signer.channel_id().as_str(),
        kid: signer.kid().as_str(),
        algorithm: signer.algorithm().as_str(),
        audience: claims["aud"].clone(),
        expires_at: claims["exp"].clone(),
        expires_in: signer.lifetime().as_secs(),
        token_expires_in: claims["token_exp"].clone(),
    }
}

fn lifetime(text: &str) -> Result<AssertionLifetime, String> {
    let time: Duration = time_span::parse(text)?;
    AssertionLifetime::try_from(time).map_err(|error| error.to_string())
}

/// The settings of a channel as `sign` has them: a v2.1 token unless told otherwise, whatever a service on this machine uses, and without what
/// no assertion depends on.
pub(crate) fn adjust(command: Command) -> Command {
    let hidden = ["line_channel_secret_file", "line_api_base_url", "line_revoke_previous_after", "line_issue_budget"];
    hidden.into_iter().fold(command, |command, id| command.mut_arg(id, |arg| arg.hide(true))).mut_arg(
        "line_token_family",
        |arg| {
            arg.env(Resettable::Reset)
                .default_value("jwt")
                .help("jwt: with token_exp, for a v2.1 token; stateless: without it")
        },
    )
}
