//! The methods that the builders of all backends have.

/// Writes the setters of a builder that holds [`ClientSettings`](crate::ClientSettings), with their documentation, and its `Debug`.
///
/// The arguments are the builder, the backend that has it as `builder()`, the name of their crate, and what has to be said beside
/// the common text of `tls_config` about features, of `connect_timeout`, and of `pool_idle_timeout`.
///
/// ```
/// use line_channel_token_transport::{ClientSettings, builder_methods};
///
/// /// Settings of a backend.
/// #[derive(Clone)]
/// #[must_use]
/// pub struct BackendBuilder(ClientSettings);
///
/// builder_methods!(BackendBuilder, Backend, "my_backend", "", "", "");
///
/// let builder = BackendBuilder(ClientSettings::default()).no_proxy();
/// assert!(format!("{builder:?}").starts_with("BackendBuilder { extra_roots: 0,"));
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! builder_methods {
    ($Builder:ident, $Backend:ident, $package:literal, $features:literal, $connecting:literal, $idle:literal) => {
        impl $Builder {
            /// Trusts these certificates beside the platform's: the CA of a gateway, or of a test. One or several, as PEM
            /// however it was pasted (with a byte order mark, as UTF-16, on one line, in base64), or as DER.
            ///
            /// If the platform has no roots, as in some container images, these alone are trusted.
            ///
            /// ```no_run
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            ///
            /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
            #[doc = concat!("let builder = ", stringify!($Backend), "::builder().add_root_certificate_pem(&std::fs::read(\"ca.pem\")?)?;")]
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
            pub fn add_root_certificate_pem(mut self, pem: &[u8]) -> Result<Self, line_channel_token_core::Error> {
                self.0.add_roots(pem)?;
                Ok(self)
            }

            /// Uses this configuration of rustls 0.23 for TLS instead of our own: for another provider of cryptography (a FIPS
            /// one, or one without a C compiler), for a client certificate, or for pinned roots. It needs neither of the features
            #[doc = concat!("`aws-lc-rs` and `ring`. ", $features)]
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
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            #[doc = concat!("use ", $package, "::rustls::crypto::CryptoProvider;")]
            #[doc = concat!("use ", $package, "::rustls::{ClientConfig, RootCertStore};")]
            ///
            /// # fn example(provider: CryptoProvider, pinned: RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
            /// let tls = ClientConfig::builder_with_provider(Arc::new(provider))
            ///     .with_safe_default_protocol_versions()?
            ///     .with_root_certificates(pinned)
            ///     .with_no_client_auth(); // or with_client_auth_cert(chain, key)?
            #[doc = concat!("let backend = ", stringify!($Backend), "::builder().tls_config(tls).build()?;")]
            /// # drop(backend);
            /// # Ok(())
            /// # }
            /// ```
            pub fn tls_config(mut self, config: rustls::ClientConfig) -> Self {
                self.0.tls_config = Some(config);
                self
            }

            /// How long name resolution, TCP, the proxy and TLS may take together. 5 seconds by default.
            ///
            /// It counts within the deadline of the call (10 seconds by default), and leaves time for a second attempt if a
            #[doc = concat!("connection hangs. Zero lets no connection be established. ", $connecting)]
            ///
            /// ```
            /// use std::time::Duration;
            ///
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            ///
            #[doc = concat!("let builder = ", stringify!($Backend), "::builder().connect_timeout(Duration::from_secs(2));")]
            /// # drop(builder);
            /// ```
            pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.0.connect_timeout = timeout;
                self
            }

            /// How long a connection may be idle before it is closed. 30 seconds by default; with zero no connection is kept.
            ///
            /// Keep it below the server's own timeout: a request that is sent while the server closes the connection fails.
            /// Nobody would know then whether an `issue` or `issue_jwt` took effect, so these two have connections of their own,
            #[doc = concat!(
                "and use none that has been idle for more than a second, whatever is set here. A shorter time applies to them too. ",
                $idle
            )]
            ///
            /// ```
            /// use std::time::Duration;
            ///
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            ///
            #[doc = concat!("let builder = ", stringify!($Backend), "::builder().pool_idle_timeout(Duration::from_secs(10));")]
            /// # drop(builder);
            /// ```
            pub fn pool_idle_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.0.pool_idle_timeout = timeout;
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
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            ///
            #[doc = concat!("let builder = ", stringify!($Backend), "::builder().proxy(\"http://user:pa%40ss@proxy.example:3128\")?;")]
            /// assert!(!format!("{builder:?}").contains("pa%40ss"));
            /// # Ok::<(), line_channel_token_core::Error>(())
            /// ```
            ///
            /// # Errors
            ///
            /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the URL cannot be parsed, or has another
            /// scheme. The error shows nothing of it.
            pub fn proxy(mut self, url: impl AsRef<str>) -> Result<Self, line_channel_token_core::Error> {
                self.0.set_proxy(url.as_ref())?;
                Ok(self)
            }

            /// Uses no proxy, whatever the environment says.
            ///
            /// Unless this or [`proxy`](Self::proxy) is called, [`build`](Self::build) reads `HTTPS_PROXY`, `HTTP_PROXY`,
            /// `ALL_PROXY` and `NO_PROXY`, each in lower case if it is not set in upper case, with the meaning that reqwest gives
            /// them. Later changes have no effect. A CGI program (one with `REQUEST_METHOD` set) reads none of them.
            ///
            /// ```
            #[doc = concat!("use ", $package, "::", stringify!($Backend), ";")]
            ///
            #[doc = concat!("let builder = ", stringify!($Backend), "::builder().no_proxy();")]
            /// # drop(builder);
            /// ```
            pub fn no_proxy(mut self) -> Self {
                self.0.set_no_proxy();
                self
            }
        }

        /// Neither keys nor passwords are shown.
        impl std::fmt::Debug for $Builder {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt_as(stringify!($Builder), f)
            }
        }
    };
}
