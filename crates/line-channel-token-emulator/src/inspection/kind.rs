//! What a pasted text is.

use std::fmt;

/// What a pasted text turned out to be.
///
/// ```
/// use line_channel_token_emulator::{InspectedKind, Inspection};
///
/// let pasted = Inspection::builder().inspect("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----");
/// assert_eq!(pasted.subject(), InspectedKind::PrivateKey);
/// assert_eq!(pasted.subject().to_string(), "private_key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InspectedKind {
    /// A signed assertion, or what looks most like one.
    Assertion,
    /// A v2.1 token.
    JwtToken,
    /// A stateless token.
    StatelessToken,
    /// A v2.1 or a stateless token: without the emulator that issued it the two look the same.
    JwtOrStatelessToken,
    /// A short-lived token.
    ShortLivedToken,
    /// A long-lived token.
    LongLivedToken,
    /// What looks like a short-lived or a long-lived token, which nobody here has issued.
    ShortLivedOrOpaque,
    /// An encrypted JWT (JWE), which LINE takes nowhere.
    EncryptedJwt,
    /// A private key, which should not have been pasted.
    PrivateKey,
    /// A public key or a certificate.
    PublicKey,
    /// What looks like a channel secret, which should not have been pasted.
    ChannelSecret,
    /// Anything else.
    Unknown,
}

impl InspectedKind {
    /// The name in snake case; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::InspectedKind;
    ///
    /// assert_eq!(InspectedKind::ShortLivedOrOpaque.as_str(), "short_lived_or_opaque");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::JwtToken => "jwt_token",
            Self::StatelessToken => "stateless_token",
            Self::JwtOrStatelessToken => "jwt_or_stateless_token",
            Self::ShortLivedToken => "short_lived_token",
            Self::LongLivedToken => "long_lived_token",
            Self::ShortLivedOrOpaque => "short_lived_or_opaque",
            Self::EncryptedJwt => "encrypted_jwt",
            Self::PrivateKey => "private_key",
            Self::PublicKey => "public_key",
            Self::ChannelSecret => "channel_secret",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for InspectedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
