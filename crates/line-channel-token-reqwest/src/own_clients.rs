//! The backend's own clients, two for each runtime.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::Error;
use line_channel_token_transport::{PerRuntime, Pools, Proxies, ResolvedSettings};
use reqwest::Client;
use rustls::ClientConfig;
use tokio::runtime::Handle;

/// The clients, made as runtimes need them.
pub(crate) struct OwnClients {
    pub(crate) settings: ResolvedSettings,
    pub(crate) proxies: Proxies,
    pools: PerRuntime<Arc<Pools<Client>>>,
}

impl OwnClients {
    pub(crate) fn new(settings: ResolvedSettings) -> Result<Self, Error> {
        let proxies = Proxies::new(settings.proxies.clone());
        let pools = PerRuntime::new(pools(&settings, &proxies)?);
        Ok(Self { settings, proxies, pools })
    }

    /// The clients of the current runtime.
    pub(crate) fn pools(&self) -> Result<Arc<Pools<Client>>, Error> {
        self.pools.get(&Handle::current(), || pools(&self.settings, &self.proxies))
    }
}

fn pools(settings: &ResolvedSettings, proxies: &Proxies) -> Result<Arc<Pools<Client>>, Error> {
    Pools::new(settings.pool_idle_timeout, |idle_timeout| client(settings, proxies, idle_timeout)).map(Arc::new)
}

fn client(settings: &ResolvedSettings, proxies: &Proxies, idle_timeout: Duration) -> Result<Client, Error> {
    let builder = with_tls(reqwest::Client::builder(), settings.tls.clone())?;
    let builder = with_proxies(builder, proxies)?
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(idle_timeout)
        .redirect(reqwest::redirect::Policy::none())
        // Retries are the business of core's client, which knows what may be repeated.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .referer(false)
        .http1_only()
        .tcp_nodelay(true)
        // Other crates of the build may have enabled these features.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate();
    // Otherwise connections would stay open until the next call.
    let builder = if idle_timeout.is_zero() { builder.pool_max_idle_per_host(0) } else { builder };
    builder.build().map_err(|_| Error::backend("reqwest refused the settings"))
}

/// Given to reqwest one by one, because it would read the environment itself, proxy loopback addresses and ignore what it cannot
/// parse.
fn with_proxies(builder: reqwest::ClientBuilder, proxies: &Proxies) -> Result<reqwest::ClientBuilder, Error> {
    let mut builder = builder.no_proxy();
    let exceptions = || reqwest::NoProxy::from_string(proxies.exceptions());
    let refused = |_| Error::backend("reqwest refused the URL of the proxy");
    if let Some(proxy) = proxies.http() {
        builder =
            builder.proxy(reqwest::Proxy::http(proxy.expose_url().as_str()).map_err(refused)?.no_proxy(exceptions()));
    }
    if let Some(proxy) = proxies.https() {
        builder =
            builder.proxy(reqwest::Proxy::https(proxy.expose_url().as_str()).map_err(refused)?.no_proxy(exceptions()));
    }
    Ok(builder)
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring", feature = "rustls-no-provider"))]
#[allow(clippy::unnecessary_wraps, reason = "the one for other builds fails")]
fn with_tls(builder: reqwest::ClientBuilder, tls: ClientConfig) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder.tls_backend_preconfigured(tls))
}

/// reqwest has no such method then.
#[cfg(not(any(feature = "aws-lc-rs", feature = "ring", feature = "rustls-no-provider")))]
fn with_tls(_: reqwest::ClientBuilder, _: ClientConfig) -> Result<reqwest::ClientBuilder, Error> {
    Err(Error::backend(
        "this build's reqwest has no TLS, so tls_config is of no use: enable the feature rustls-no-provider of \
         line-channel-token-reqwest",
    ))
}
