//! `serve`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use line_channel_token::configuration::ChannelArgs;

use crate::failure::Failure;
use crate::output::{OutputArgs, OutputFormat};
use crate::store::{Outage, StoreArgs};
use crate::token_server::{Served, ServerArgs, configured, run};

/// Hands out warm tokens to programs of this machine, in any language, until it is interrupted
///
/// It keeps a token at hand and refreshes it ahead of its expiry, so that programs need neither the channel's secret nor its key.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  line-channel-token serve --listen unix:$XDG_RUNTIME_DIR/line.sock
  curl --unix-socket $XDG_RUNTIME_DIR/line.sock http://localhost/token
  line-channel-token serve --listen 127.0.0.1:0 --port-file port.txt --token-file serve-token
  curl -H \"Authorization: Bearer $(cat serve-token)\" http://127.0.0.1:$(cat port.txt)/token
  # The token alone
  curl -H 'Accept: text/plain' http://127.0.0.1:8788/token

GET /token responds with JSON: access_token, expires_in and expires_at, channel_id, token_family, and key_id of a v2.1 token. It is the same token \
until the next one is due, so ask before each call to LINE. ?min_valid=5m asks for one that is valid for as long. POST \
/token/refused with {\"access_token\":\"…\"} says that LINE has refused it (401). GET /healthz says whether there is a token. If there \
is none, the response is 503 with Retry-After.

Pages in a browser get nothing: a request must name this machine in Host, and no other site in Origin or Sec-Fetch-Site. An address that other \
machines reach takes --token-file and TLS.

SIGTERM and SIGINT end it with exit code 0. Nothing is revoked, and the next start finds the token in the store.")]
pub(crate) struct Serve {
    #[command(flatten)]
    server: ServerArgs,
    /// A TOML or JSON file with a list `channels`, in place of the one channel of flags and variables
    #[arg(long, value_name = "FILE", env = "LINE_SERVE_CHANNELS", hide_env_values = true)]
    channels: Option<PathBuf>,
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    outage: crate::store::OutageArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Serve {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Self { server, channels, channel, store, outage, output } = self;
        let store = store.choose()?;
        let settings = server.read()?;
        let channels = configured(channel, channels.as_deref())?;
        let served = Served { channels, store: store.open()?, outage: outage.store_outage.map(Outage::into) };
        run(settings, served, output.output)
    }
}
