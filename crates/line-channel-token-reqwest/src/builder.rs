//! Settings of a backend with clients of its own.

use line_channel_token_core::Error;
use line_channel_token_transport::{ClientSettings, builder_methods};

use crate::backend::ReqwestBackend;
use crate::own_clients::OwnClients;

/// Settings of a [`ReqwestBackend`], from [`ReqwestBackend::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use line_channel_token_reqwest::ReqwestBackend;
///
/// # fn example() -> Result<(), line_channel_token_core::Error> {
/// let backend = ReqwestBackend::builder()
///     .connect_timeout(Duration::from_secs(2))
///     .proxy("http://proxy.example:3128")?
///     .build()?;
/// # drop(backend);
/// # Ok(())
/// # }
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// #     example().unwrap();
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ReqwestBackendBuilder(ClientSettings);

builder_methods!(
    ReqwestBackendBuilder,
    ReqwestBackend,
    "line_channel_token_reqwest",
    "Without them it needs `rustls-no-provider`, which compiles TLS into reqwest.",
    "",
    ""
);

impl ReqwestBackend {
    /// A backend with the default settings.
    ///
    /// ```
    /// use line_channel_token_core::Client;
    /// use line_channel_token_reqwest::ReqwestBackend;
    ///
    /// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
    /// let client = Client::new(ReqwestBackend::new()?);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`ReqwestBackendBuilder::build`].
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Settings other than those of [`new`](Self::new).
    pub fn builder() -> ReqwestBackendBuilder {
        ReqwestBackendBuilder(ClientSettings::default())
    }
}

impl ReqwestBackendBuilder {
    /// The backend. It opens no connection yet.
    ///
    /// # Errors
    ///
    /// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if
    ///
    /// - the build has no TLS provider (neither feature `aws-lc-rs` nor `ring`) and [`tls_config`](Self::tls_config) gives none,
    /// - the platform has no trusted roots and none was added,
    /// - a variable of the environment names a proxy that cannot be used,
    /// - reqwest refuses the settings.
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`tls_config`](Self::tls_config) comes with
    /// added roots, or offers another protocol than HTTP/1.1.
    pub fn build(self) -> Result<ReqwestBackend, Error> {
        Ok(ReqwestBackend::with_own_clients(OwnClients::new(self.0.resolve()?)?))
    }
}
