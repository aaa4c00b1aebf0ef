//! What a registered key signs with.

use std::fmt;

/// The algorithm of a registered key.
///
/// ```
/// use line_channel_token_emulator::KeyAlgorithm;
///
/// assert_eq!(KeyAlgorithm::Rs256.as_str(), "RS256");
/// assert_eq!(KeyAlgorithm::Es256.to_string(), "ES256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. LINE takes no other.
    Rs256,
    /// ECDSA with SHA-256 on P-256, for [`accept_es256`](crate::EmulatorBuilder::accept_es256).
    Es256,
}

impl KeyAlgorithm {
    /// The name in a JWT header: `RS256` or `ES256`; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::KeyAlgorithm;
    ///
    /// assert_eq!(KeyAlgorithm::Es256.as_str(), "ES256");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
