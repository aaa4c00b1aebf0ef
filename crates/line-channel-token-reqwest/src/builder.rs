//! Settings of a backend that brings its own client.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::Error;
use line_channel_token_transport::{Proxies, ProxyUrl, tls};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use crate::ReqwestBackend;
use crate::own_clients::{Own, Settings};

/// Settings of a [`ReqwestBackend`].
#[derive(Clone)]
#[must_use]
pub struct ReqwestBackendBuilder {
    extra_roots: Vec<CertificateDer<'static>>,
    connect_timeout: Duration,
    pool_idle_timeout: Duration,
    /// Our own unless set.
    tls: Option<ClientConfig>,
    /// Those of the environment unless set.
    proxies: Option<Proxies>,
}

impl ReqwestBackendBuilder {
    pub(crate) fn new() -> Self {
        Self {
            extra_roots: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            pool_idle_timeout: Duration::from_secs(30),
            tls: None,
            proxies: None,
        }
    }

    /// Trusts these certificates beside the platform's: the CA of a gateway, or of a test. One or several, as PEM
    /// however it was pasted (with a byte order mark, as UTF-16, on one line, in base64), or as DER.
    ///
    /// A platform without any roots, such as a container image without them, does no harm then: these alone are trusted.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no certificate, or one that cannot serve
    /// as a root. It names what was given (a private key, PKCS#7, a server's own certificate, a path) and shows none of it.
    /// A server's own certificate beside a CA, as in a chain, is passed over.
    pub fn add_root_certificate_pem(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.extra_roots.extend(line_channel_token_transport::roots_from_pem(pem)?);
        Ok(self)
    }

    /// TLS by this configuration of rustls 0.23 instead of our own: for another provider of cryptography (a FIPS one, or one without
    /// a C compiler), for a client certificate, or for pinned roots. It needs none of the features `aws-lc-rs` and `ring`. Without
    /// them it needs `rustls-no-provider`, which switches TLS on in reqwest.
    ///
    /// It decides everything, also which roots are trusted: neither the platform's nor those of
    /// [`add_root_certificate_pem`](Self::add_root_certificate_pem) are added. Leave `alpn_protocols` empty, or set it to
    /// `http/1.1`. The crate `rustls-platform-verifier` makes a configuration with the platform's roots.
    ///
    /// [`rustls`](crate::rustls) is exported, so that the version fits.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use line_channel_token_reqwest::ReqwestBackend;
    /// use line_channel_token_reqwest::rustls::crypto::CryptoProvider;
    /// use line_channel_token_reqwest::rustls::{ClientConfig, RootCertStore};
    ///
    /// # fn example(provider: CryptoProvider, pinned: RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let tls = ClientConfig::builder_with_provider(Arc::new(provider))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(pinned)
    ///     .with_no_client_auth(); // or with_client_auth_cert(chain, key)?
    /// let backend = ReqwestBackend::builder().tls_config(tls).build()?;
    /// # drop(backend);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls_config(mut self, config: ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// How long name resolution, TCP, the proxy and TLS may take together. 5 seconds unless set.
    ///
    /// It counts within the deadline of the call, and leaves time for a second try if a connection hangs.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a connection may stay unused before it is closed. 30 seconds unless set.
    ///
    /// Keep it below the server's own: a request that meets the server's closing fails. `issue` and `issue_jwt`, of which nobody
    /// would know then whether they took effect, therefore have connections of their own, and take none that has been idle
    /// for more than a second, whatever is set here. A shorter time holds for them too; with zero no connection is kept.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool_idle_timeout = timeout;
        self
    }

    /// Sends every request through this proxy, whatever the environment says: `scheme://[user:password@]host[:port]`.
    ///
    /// With `http` and `https` a request to an https URL goes through a tunnel (`CONNECT`), so the proxy sees neither it nor the
    /// response; `socks5` and `socks5h` tunnel everything, and so do `socks4` and `socks4a`. Those with an `h` or an `a` at
    /// the end look up the host at the proxy, the others here. Special characters of user and password are
    /// percent-encoded. A loopback address (`localhost`, `127.0.0.0/8`, `::1`) is never reached through a proxy.
    ///
    /// ```
    /// # fn example() -> Result<(), line_channel_token_core::Error> {
    /// let backend = line_channel_token_reqwest::ReqwestBackend::builder().proxy("http://user:pa%40ss@proxy.example:3128")?;
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the URL cannot be read, or has another scheme.
    /// The error repeats nothing of it.
    pub fn proxy(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        let proxy = ProxyUrl::parse(url.as_ref())
            .map_err(|reason| Error::invalid_input(format!("the URL of the proxy {reason}")))?;
        self.proxies = Some(Proxies::all(proxy));
        Ok(self)
    }

    /// Uses no proxy, whatever the environment says.
    ///
    /// Unless this or [`proxy`](Self::proxy) is called, [`build`](Self::build) reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, each in lower case if it is not set in upper case, and as reqwest understands them. Changes after
    /// that have no effect. A CGI program (one with `REQUEST_METHOD` set) reads none of them.
    ///
    /// ```
    /// let builder = line_channel_token_reqwest::ReqwestBackend::builder().no_proxy();
    /// ```
    pub fn no_proxy(mut self) -> Self {
        self.proxies = Some(Proxies::none());
        self
    }

    /// The backend. It opens no connection yet.
    ///
    /// # Errors
    ///
    /// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the build has no TLS provider (neither feature `aws-lc-rs`
    /// nor `ring`) and [`tls_config`](Self::tls_config) gives none, if the platform has no trusted roots and none was added,
    /// and if a variable of the environment names a proxy that cannot be used, and if reqwest
    /// refuses the settings.
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`tls_config`](Self::tls_config) comes with
    /// added roots, or offers another protocol than HTTP/1.1.
    pub fn build(self) -> Result<ReqwestBackend, Error> {
        let proxies = self.proxies.map_or_else(Proxies::from_environment, Ok)?;
        let tls = tls::given_or_own(self.tls, &self.extra_roots)?;
        let settings =
            Settings { tls, proxies, connect_timeout: self.connect_timeout, pool_idle_timeout: self.pool_idle_timeout };
        Ok(ReqwestBackend::own(Own::new(settings)?))
    }
}

impl fmt::Debug for ReqwestBackendBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestBackendBuilder")
            .field("extra_roots", &self.extra_roots.len())
            .field("tls_config", &self.tls.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("proxies", &self.proxies)
            .finish()
    }
}
