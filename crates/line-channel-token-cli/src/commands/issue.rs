//! `issue`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use line_channel_token::configuration::{ChannelArgs, ChannelConfig};

use crate::failure::Failure;
use crate::issued::{self, Issued};
use crate::line_service::{CallArgs, LineService};
use crate::output::OutputFormat;
use crate::token_json::TokenJson;
use crate::{interrupt, output, runtime};

/// Issues a channel access token
///
/// Standard output holds the token and nothing else, unless another format is asked for.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  # A stateless token, which lives 15 minutes and needs no slot
  line-channel-token issue
  # A v2.1 token, which uses one of the channel's 30 slots
  line-channel-token issue --family jwt --token-ttl 12h
  line-channel-token issue --output header | curl -H @- https://api.line.me/v2/bot/info
  set -a; eval \"$(line-channel-token issue --output env)\"; set +a
  line-channel-token issue --output env >> \"$GITHUB_ENV\"

The channel is configured by flags or by variables (LINE_CHANNEL_ID, LINE_CHANNEL_SECRET and others). A secret or a key is never given on the \
command line: LINE_CHANNEL_SECRET and LINE_ASSERTION_KEY hold them, or files. Stateless tokens are issued for the key if there is one, and \
else for the secret.")]
pub(crate) struct Issue {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    /// How the token is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: TokenFormat,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TokenFormat {
    /// The token alone
    #[default]
    Token,
    /// One JSON object: access_token, expires_in and what else is known of it
    Json,
    /// `Authorization: Bearer TOKEN`, for `curl -H @-`
    Header,
    /// `LINE_CHANNEL_ACCESS_TOKEN=TOKEN`, for a POSIX shell, a .env file or `$GITHUB_ENV`
    Env,
}

impl Issue {
    pub(crate) fn output_format(&self) -> OutputFormat {
        if self.output == TokenFormat::Json { OutputFormat::Json } else { OutputFormat::Text }
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.channel.into_config_for_one_token(None)?;
        let service = LineService::new(config.api_base_url(), self.call)?;
        let lost = issued::lost_by_interrupt(config.token_family());
        let issued = runtime::block_on(interrupt::ends(issued::issue(&service, &config), || lost))?;
        write(self.output, &issued, &config)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn write(format: TokenFormat, issued: &Issued, config: &ChannelConfig) -> Result<(), Failure> {
    let token = issued.access_token.expose_secret();
    match format {
        TokenFormat::Token => output::line(token),
        TokenFormat::Header => output::line(&format!("Authorization: Bearer {token}")),
        TokenFormat::Env => output::line(&format!("LINE_CHANNEL_ACCESS_TOKEN={}", quoted(token))),
        TokenFormat::Json => output::json(
            &TokenJson::new(&issued.access_token, issued.family, config.channel_id())
                .expires(issued.expires_in, issued.expires_at)
                .key_id(issued.key_id.as_ref())
                .request_id(issued.request_id.as_ref()),
        ),
    }
}

/// One word of a POSIX shell, whatever the text is. It has quotes only if it needs them: `docker run --env-file` and `$GITHUB_ENV` take them for
/// a part of the value.
fn quoted(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-+/=".contains(char);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_the_text_as_it_is() {
        for (text, word) in [
            ("eyJ.a-b_c", "eyJ.a-b_c"),
            ("aB3/+==", "aB3/+=="),
            ("a'b", r"'a'\''b'"),
            ("$(x)`y`\\\"", "'$(x)`y`\\\"'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
