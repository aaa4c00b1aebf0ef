//! The life of the process: it starts, it is ready, it is told to end.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token::cache::{Shutdown, StoreOutage};
use line_channel_token::configuration::{ChannelConfigs, TokenFamily};
use line_channel_token::store::TokenStore;
use serde::Serialize;

use super::address::Listen;
use super::channels::Channels;
use super::connections::serve_until;
use super::guard::Access;
use super::listener::Listener;
use super::routes::{self, App};
use super::settings::Settings;
use crate::failure::Failure;
use crate::local_server::{PortFile, Signals};
use crate::output::{self, OutputFormat};
use crate::sharing::{self, warn};

/// How long requests that are under way may take at the end, and a token that is being issued: one that nobody stores would be lost.
const GRACE: Duration = Duration::from_secs(10);

/// What is served, and from where.
pub(crate) struct Served {
    pub(crate) channels: ChannelConfigs,
    pub(crate) store: Option<Arc<dyn TokenStore>>,
    pub(crate) outage: Option<StoreOutage>,
}

/// The shape of the line that says that it is ready, with `--output json`.
#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    channels: Vec<&'a str>,
}

/// Hands out tokens until a signal ends it. Nothing is revoked.
pub(crate) fn run(settings: Settings, served: Served, format: OutputFormat) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::other(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(serve(settings, served, format));
    // A file system or a name server that hangs is not waited for.
    runtime.shutdown_background();
    outcome
}

async fn serve(settings: Settings, served: Served, format: OutputFormat) -> Result<ExitCode, Failure> {
    let mut signals = Signals::listen()?;
    say_what_is_open(&settings, &served);
    let listener = Listener::bind(&settings).await?;
    if let Some(path) = &settings.port_file {
        PortFile::clear(path, |port| is_running(&settings.listen, port))?;
    }
    let Served { channels, store, outage } = served;
    let channels = Channels::start(&channels, store, outage)?;
    let pool = channels.pool().clone();
    let ids: Vec<String> = channels.ids().map(ToString::to_string).collect();
    let needs_loopback_host = !settings.listen.is_unix() && settings.access_key.is_none();
    let app = App::new(channels, Access { key: settings.access_key.clone(), needs_loopback_host });
    let _port_file = match (&settings.port_file, listener.port()) {
        (Some(path), Some(port)) => Some(PortFile::write(path, port)?),
        _ => None,
    };
    let url = listener.url(&settings.listen);
    match format {
        OutputFormat::Json => output::json(&Ready { url: &url, channels: ids.iter().map(String::as_str).collect() })?,
        OutputFormat::Text => output::line(&format!("line-channel-token serve is ready at {url}"))?,
    }
    let end = async {
        signals.next().await;
    };
    serve_until(listener, routes::router(app), end, GRACE).await;
    tokio::select! {
        // It waits for a call that is in flight, and revokes nothing.
        _ = pool.shutdown(Shutdown::within(GRACE)) => Ok(ExitCode::SUCCESS),
        code = signals.next() => Ok(ExitCode::from(code)),
    }
}

/// Says on standard error who else gets tokens, and what a server without a store costs.
fn say_what_is_open(settings: &Settings, served: &Served) {
    if settings.access_key.is_none() && !settings.listen.is_unix() {
        output::note(
            "note: every user of this machine can get tokens here; a socket (--listen unix:PATH) is for this user alone, and --token-file for those \
             who have the file",
        );
    }
    let families = || served.channels.iter().map(line_channel_token::configuration::ChannelConfig::token_family);
    let costly = families().find(|family| *family != TokenFamily::Stateless);
    if let (None, Some(warning)) = (&served.store, costly.and_then(sharing::has_no_store)) {
        warn(warning);
    }
}

/// Whether something listens at the port that a file names.
fn is_running(listen: &Listen, port: u16) -> bool {
    let Listen::Tcp(address) = listen else { return false };
    let host = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    port != 0 && TcpStream::connect_timeout(&SocketAddr::new(host, port), Duration::from_secs(1)).is_ok()
}
