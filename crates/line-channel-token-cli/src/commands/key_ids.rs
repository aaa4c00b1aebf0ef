//! `key-ids`.

use std::process::ExitCode;

use clap::Args;
use line_channel_token::KeyIds as ListedKeyIds;
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, TokenFamily};
use serde::Serialize;

use crate::failure::Failure;
use crate::line_service::{CallArgs, LineService};
use crate::output::{OutputArgs, OutputFormat};
use crate::{interrupt, output, runtime, spinner};

/// How many valid v2.1 tokens LINE lets a channel have.
pub(crate) const SLOTS: usize = 30;

/// Lists the key ids of the valid v2.1 tokens
///
/// Each stands on a line of its own.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  line-channel-token key-ids
  line-channel-token key-ids --output json | jq .slots_used

A channel can have 30 valid v2.1 tokens, and LINE refuses the 31st. Standard error says how many there are. The key id of a token is in what \
`issue --family jwt --output json` prints; it is not the kid of the assertion key. LINE lists neither short-lived nor stateless tokens.")]
pub(crate) struct KeyIds {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The shape in JSON.
#[derive(Serialize)]
struct KeyIdsJson<'a> {
    channel_id: &'a str,
    key_ids: Vec<&'a str>,
    slots_used: usize,
    slots: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl KeyIds {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.channel.into_config_for_one_token(Some(TokenFamily::Jwt))?;
        let service = LineService::new(config.api_base_url(), self.call)?;
        let doing = format!("Waiting for {} to list the key ids …", service.name());
        let call = spinner::while_waiting(&doing, list(&service, &config));
        let listed = runtime::block_on(interrupt::ends(call, || None))?;
        write(self.output.output, &listed, &config)?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(service: &LineService, config: &ChannelConfig) -> Result<ListedKeyIds, Failure> {
    let assertion = config.read_assertion_signer()?.sign()?;
    Ok(service.client().key_ids(&assertion).await?)
}

fn write(format: OutputFormat, listed: &ListedKeyIds, config: &ChannelConfig) -> Result<(), Failure> {
    let key_ids: Vec<&str> = listed.iter().map(|id| id.as_str()).collect();
    match format {
        OutputFormat::Json => output::json(&KeyIdsJson {
            channel_id: config.channel_id().as_str(),
            slots_used: key_ids.len(),
            key_ids,
            slots: SLOTS,
            request_id: listed.request_id().map(ToString::to_string),
        }),
        OutputFormat::Text => {
            let lines: String = key_ids.iter().map(|id| format!("{}\n", output::printable(id))).collect();
            output::bytes(lines.as_bytes())?;
            output::note(&format!("{} of {SLOTS} slots for v2.1 tokens are used", key_ids.len()));
            Ok(())
        }
    }
}
