//! The backend's own clients, of which each runtime has some.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::Error;
use line_channel_token_transport::{PerRuntime, Pools, Proxies};
use reqwest::Client;
use rustls::ClientConfig;
use tokio::runtime::Handle;

/// What the clients are made of.
pub(crate) struct Settings {
    pub(crate) tls: ClientConfig,
    pub(crate) proxies: Proxies,
    pub(crate) connect_timeout: Duration,
    pub(crate) pool_idle_timeout: Duration,
}

/// The clients, made as runtimes need them.
pub(crate) struct Own {
    pub(crate) settings: Settings,
    pools: PerRuntime<Arc<Pools<Client>>>,
}

impl Own {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let pools = PerRuntime::new(settings.pools()?);
        Ok(Self { settings, pools })
    }

    /// The clients of the current runtime.
    pub(crate) fn pools(&self) -> Result<Arc<Pools<Client>>, Error> {
        self.pools.get(&Handle::current(), || self.settings.pools())
    }
}

impl Settings {
    fn pools(&self) -> Result<Arc<Pools<Client>>, Error> {
        Pools::new(self.pool_idle_timeout, |idle_timeout| self.client(idle_timeout)).map(Arc::new)
    }

    fn client(&self, idle_timeout: Duration) -> Result<Client, Error> {
        let builder = with_tls(reqwest::Client::builder(), self.tls.clone())?;
        let builder = with_proxies(builder, &self.proxies)?
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(idle_timeout)
            .redirect(reqwest::redirect::Policy::none())
            // Retries are the business of core's client, which knows what may be repeated.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            // Other crates of a build may have switched these features on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        // Otherwise connections would stay open until the next call.
        let builder = if idle_timeout.is_zero() { builder.pool_max_idle_per_host(0) } else { builder };
        builder.build().map_err(|_| Error::backend("reqwest refused the settings"))
    }
}

/// reqwest would read the environment by itself, proxy loopback addresses, and pass over what it cannot read.
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
