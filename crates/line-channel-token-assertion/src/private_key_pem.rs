//! A private key to be saved.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A private key as PEM in PKCS#8, not encrypted: what [`SigningKey::to_pkcs8_pem`](crate::SigningKey::to_pkcs8_pem) returns.
///
/// `Debug` shows a placeholder, the memory is wiped on drop, and [`expose_secret`](Self::expose_secret) is the only access.
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::SigningKey;
///
/// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
/// assert!(pem.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\n"));
/// assert_eq!(format!("{pem:?}"), "PrivateKeyPem(\"[redacted]\")");
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct PrivateKeyPem(SecretString);

impl PrivateKeyPem {
    pub(crate) fn new(pem: String) -> Self {
        Self(pem.into())
    }

    /// The PEM itself. Keep it in a secret store, or in a file that only its owner can read.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem(\"[redacted]\")")
    }
}
