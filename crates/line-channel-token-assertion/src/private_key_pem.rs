//! A private key on its way to a file.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A private key as PEM in PKCS#8, not encrypted.
///
/// `Debug` shows a placeholder, the memory is wiped on drop, and [`expose_secret`](Self::expose_secret) is the only way in.
pub struct PrivateKeyPem(SecretString);

impl PrivateKeyPem {
    pub(crate) fn new(pem: String) -> Self {
        Self(pem.into())
    }

    /// The PEM itself. Keep it in a secret store, or in a file that nobody else can read.
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
