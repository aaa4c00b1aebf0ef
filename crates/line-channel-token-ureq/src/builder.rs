//! The settings of a [`UreqBackend`].

use std::fmt;
use std::time::Duration;

use line_channel_token_core::Error;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use crate::agents::Agents;
use crate::backend::UreqBackend;
use crate::proxies::Proxies;
use crate::proxy_url::ProxyUrl;
use crate::tls;

/// Settings of a [`UreqBackend`], under the names that the other backends of `line-channel-token` have.
///
/// ```
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// use std::time::Duration;
/// use line_channel_token_ureq::UreqBackend;
///
/// let backend = UreqBackend::builder().no_proxy().connect_timeout(Duration::from_secs(2)).build()?;
/// # drop(backend);
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct UreqBackendBuilder {
    connect_timeout: Duration,
    pool_idle_timeout: Duration,
    /// One of our own if there is none.
    tls_config: Option<ClientConfig>,
    extra_roots: Vec<CertificateDer<'static>>,
    /// Those of the environment if there are none.
    proxies: Option<Proxies>,
}

impl UreqBackend {
    /// A backend with the default settings.
    ///
    /// ```
    /// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
    /// let backend = line_channel_token_ureq::UreqBackend::new()?;
    /// # drop(backend);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`UreqBackendBuilder::build`].
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A backend whose settings differ from [`new`](Self::new).
    pub fn builder() -> UreqBackendBuilder {
        UreqBackendBuilder::default()
    }
}

impl Default for UreqBackendBuilder {
    /// 5 seconds to connect, and connections that are used again for 30.
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

impl UreqBackendBuilder {
    /// Trusts these certificates beside the platform's: the CA of a gateway, or of a test. One or several, as PEM
    /// however it was pasted (with a byte order mark, as UTF-16, on one line, in base64), or as DER.
    ///
    /// If the platform has no roots, as in some container images, these alone are trusted.
    ///
    /// ```no_run
    /// use line_channel_token_ureq::UreqBackend;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = UreqBackend::builder().add_root_certificate_pem(&std::fs::read("ca.pem")?)?;
    /// let backend = builder.build()?;
    /// # drop(backend);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no certificate, or one that
    /// cannot serve as a root. The error names what was given (a private key, PKCS#7, a server's own certificate, a path)
    /// and shows none of it. A server's own certificate beside a CA, as in a chain, is skipped.
    pub fn add_root_certificate_pem(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.extra_roots.extend(tls::roots_from_pem(pem)?);
        Ok(self)
    }

    /// Uses this configuration of rustls 0.23 for TLS instead of our own: for another provider of cryptography (a FIPS
    /// one, or one without a C compiler), for a client certificate, or for pinned roots. It needs neither of the features
    /// `aws-lc-rs` and `ring`.
    ///
    /// It decides everything, also which roots are trusted: neither the platform's nor those of
    /// [`add_root_certificate_pem`](Self::add_root_certificate_pem) are added. Leave `alpn_protocols` empty, or set it to
    /// `http/1.1`. The crate `rustls-platform-verifier` makes a configuration with the platform's roots.
    ///
    /// The crate exports `rustls`, so that the version fits.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use line_channel_token_ureq::UreqBackend;
    /// use line_channel_token_ureq::rustls::crypto::CryptoProvider;
    /// use line_channel_token_ureq::rustls::{ClientConfig, RootCertStore};
    ///
    /// # fn example(provider: CryptoProvider, pinned: RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let tls = ClientConfig::builder_with_provider(Arc::new(provider))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(pinned)
    ///     .with_no_client_auth(); // or with_client_auth_cert(chain, key)?
    /// let backend = UreqBackend::builder().tls_config(tls).build()?;
    /// # drop(backend);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls_config(mut self, config: ClientConfig) -> Self {
        self.tls_config = Some(config);
        self
    }

    /// How long name resolution, TCP, the proxy and TLS may take together. 5 seconds by default.
    ///
    /// It counts within the deadline of the call (10 seconds by default), and leaves time for a second attempt if a
    /// connection hangs. Zero lets no connection be established. A lookup of a name that hangs is left behind on a thread of its own,
    /// because the operating system offers no way to end it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use line_channel_token_ureq::UreqBackend;
    ///
    /// let builder = UreqBackend::builder().connect_timeout(Duration::from_secs(2));
    /// # drop(builder);
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a connection may have been idle to be used again. 30 seconds by default; with zero no connection is kept.
    ///
    /// Keep it below the server's own timeout: a request that is sent while the server closes the connection fails.
    /// Nobody would know then whether an `issue` or `issue_jwt` took effect, so these two have connections of their own,
    /// and use none that has been idle for more than a second, whatever is set here. A shorter time applies to them too.
    ///
    /// A connection that is too old is closed at the next call, because no thread waits to close it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use line_channel_token_ureq::UreqBackend;
    ///
    /// let builder = UreqBackend::builder().pool_idle_timeout(Duration::from_secs(10));
    /// # drop(builder);
    /// ```
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool_idle_timeout = timeout;
        self
    }

    /// Sends every request through this proxy, whatever the environment says:
    /// `scheme://[user:password@]host[:port]`.
    ///
    /// With `http` and `https` a request to an https URL goes through a tunnel (`CONNECT`), so the proxy sees neither the
    /// request nor the response; `socks5`, `socks5h`, `socks4` and `socks4a` tunnel everything. With an `h` or an `a` at
    /// the end the proxy looks up the host, otherwise this machine does. Special characters of user and password are
    /// percent-encoded. A loopback address (`localhost`, `127.0.0.0/8`, `::1`) is never reached through a proxy.
    ///
    /// ```
    /// use line_channel_token_ureq::UreqBackend;
    ///
    /// let builder = UreqBackend::builder().proxy("http://user:pa%40ss@proxy.example:3128")?;
    /// assert!(!format!("{builder:?}").contains("pa%40ss"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the URL cannot be parsed, or has another
    /// scheme. The error shows nothing of it.
    pub fn proxy(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        let proxy = ProxyUrl::parse(url.as_ref())
            .map_err(|reason| Error::invalid_input(format!("the URL of the proxy {reason}")))?;
        self.proxies = Some(Proxies::all(proxy));
        Ok(self)
    }

    /// Uses no proxy, whatever the environment says.
    ///
    /// Unless this or [`proxy`](Self::proxy) is called, [`build`](Self::build) reads `HTTPS_PROXY`, `HTTP_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`, each in lower case if it is not set in upper case, with the meaning that reqwest gives
    /// them. Later changes have no effect. A CGI program (one with `REQUEST_METHOD` set) reads none of them.
    ///
    /// ```
    /// use line_channel_token_ureq::UreqBackend;
    ///
    /// let builder = UreqBackend::builder().no_proxy();
    /// # drop(builder);
    /// ```
    pub fn no_proxy(mut self) -> Self {
        self.proxies = Some(Proxies::none());
        self
    }

    /// The backend. Reads the platform's roots, and the proxies of the environment unless they were set.
    ///
    /// # Errors
    ///
    /// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the build has no TLS provider and no
    /// [`tls_config`](Self::tls_config) was given, if the platform has no trusted roots and none were added, and if the environment
    /// names a proxy that cannot be used. Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if `tls_config`
    /// contradicts the other settings.
    pub fn build(self) -> Result<UreqBackend, Error> {
        let proxies = self.proxies.map_or_else(Proxies::from_environment, Ok)?;
        let tls = tls::given_or_default(self.tls_config, &self.extra_roots)?;
        let agents = Agents::new(tls, proxies.clone(), self.connect_timeout, self.pool_idle_timeout);
        Ok(UreqBackend::with_agents(agents, proxies, self.connect_timeout))
    }
}

/// Neither keys nor passwords are shown.
impl fmt::Debug for UreqBackendBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqBackendBuilder")
            .field("extra_roots", &self.extra_roots.len())
            .field("tls_config", &self.tls_config.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("proxies", &self.proxies)
            .finish()
    }
}
