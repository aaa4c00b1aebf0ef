//! The settings of a backend's own clients, and the builder methods that set them.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::Error;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use crate::proxy_settings::ProxySettings;
use crate::proxy_url::ProxyUrl;
use crate::roots::roots_from_pem;
use crate::tls;

/// The settings as their setters leave them. The macro `builder_methods!` writes the setters of a builder, with
/// their documentation.
///
/// ```
/// use std::time::Duration;
///
/// use line_channel_token_transport::ClientSettings;
///
/// let mut settings = ClientSettings::default();
/// settings.connect_timeout = Duration::from_secs(1);
/// settings.set_proxy("http://user:pa%40ss@proxy.example:3128")?;
/// assert!(!format!("{settings:?}").contains("pa%40ss"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientSettings {
    /// For name resolution, TCP, the proxy and TLS together.
    pub connect_timeout: Duration,
    /// After which an unused connection is closed.
    pub pool_idle_timeout: Duration,
    /// One of our own if there is none.
    pub tls_config: Option<ClientConfig>,
    extra_roots: Vec<CertificateDer<'static>>,
    /// Those of the environment if there are none.
    proxies: Option<ProxySettings>,
}

/// What clients are made of, once a backend is built.
///
/// ```
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// use line_channel_token_transport::ClientSettings;
///
/// let resolved = ClientSettings::default().resolve()?;
/// assert_eq!(resolved.tls.alpn_protocols, [b"http/1.1"]);
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ResolvedSettings {
    /// The given configuration, or one of our own.
    pub tls: ClientConfig,
    /// The given proxies, or those of the environment.
    pub proxies: ProxySettings,
    /// For name resolution, TCP, the proxy and TLS together.
    pub connect_timeout: Duration,
    /// After which an unused connection is closed.
    pub pool_idle_timeout: Duration,
}

impl Default for ClientSettings {
    /// 5 seconds to connect and 30 until an unused connection is closed.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            pool_idle_timeout: Duration::from_secs(30),
            tls_config: None,
            extra_roots: Vec::new(),
            proxies: None,
        }
    }
}

impl ClientSettings {
    /// Adds the certificates of a text to the roots.
    ///
    /// # Errors
    ///
    /// Those of [`roots_from_pem`].
    pub fn add_roots(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.extra_roots.extend(roots_from_pem(pem)?);
        Ok(())
    }

    /// Uses this proxy for everything but loopback addresses.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the URL cannot be parsed. It shows nothing of it.
    pub fn set_proxy(&mut self, url: &str) -> Result<(), Error> {
        let proxy =
            ProxyUrl::parse(url).map_err(|reason| Error::invalid_input(format!("the URL of the proxy {reason}")))?;
        self.proxies = Some(ProxySettings::all(proxy));
        Ok(())
    }

    /// Uses no proxy.
    pub fn set_no_proxy(&mut self) {
        self.proxies = Some(ProxySettings::default());
    }

    /// Reads the environment and the platform's roots for what is not set.
    ///
    /// # Errors
    ///
    /// Those of [`ProxySettings::from_environment`] and [`tls::given_or_default`].
    pub fn resolve(self) -> Result<ResolvedSettings, Error> {
        let proxies = self.proxies.map_or_else(ProxySettings::from_environment, Ok)?;
        let tls = tls::given_or_default(self.tls_config, &self.extra_roots)?;
        let (connect_timeout, pool_idle_timeout) = (self.connect_timeout, self.pool_idle_timeout);
        Ok(ResolvedSettings { tls, proxies, connect_timeout, pool_idle_timeout })
    }

    /// `Debug` under the name of a builder, without a key or a password.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    pub fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("extra_roots", &self.extra_roots.len())
            .field("tls_config", &self.tls_config.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("proxies", &self.proxies)
            .finish()
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as("ClientSettings", f)
    }
}

/// The TLS configuration is not shown: it can hold a client certificate and its key.
impl fmt::Debug for ResolvedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}
