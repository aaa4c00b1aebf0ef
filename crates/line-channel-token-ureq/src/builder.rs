//! The settings of a [`UreqBackend`].

use line_channel_token_core::Error;
use line_channel_token_transport::{ClientSettings, builder_methods};

use crate::backend::UreqBackend;

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
pub struct UreqBackendBuilder(ClientSettings);

builder_methods!(
    UreqBackendBuilder,
    UreqBackend,
    "line_channel_token_ureq",
    "",
    "A lookup of a name that hangs is left behind on a thread of its own, because the operating system offers no way to end it.",
    "A connection that is too old is closed at the next call, because no thread waits to close it."
);

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
        UreqBackendBuilder(ClientSettings::default())
    }
}

impl Default for UreqBackendBuilder {
    /// 5 seconds to connect, and connections that are used again for 30.
    fn default() -> Self {
        UreqBackend::builder()
    }
}

impl UreqBackendBuilder {
    /// The backend. Reads the platform's roots, and the proxies of the environment unless they were set.
    ///
    /// # Errors
    ///
    /// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the build has no TLS provider and no
    /// [`tls_config`](Self::tls_config) was given, if the platform has no trusted roots and none were added, and if the environment
    /// names a proxy that cannot be used. Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if `tls_config`
    /// contradicts the other settings.
    pub fn build(self) -> Result<UreqBackend, Error> {
        Ok(UreqBackend::with_settings(self.0.resolve()?))
    }
}
