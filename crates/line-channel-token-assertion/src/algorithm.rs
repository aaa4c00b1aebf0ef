//! The two algorithms that an assertion may be signed with.

use std::fmt;

/// How an assertion is signed: the `alg` of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and an RSA key of 2048 bits: what LINE accepts.
    Rs256,
    /// ECDSA with SHA-256 on P-256. LINE does not accept it today.
    Es256,
}

impl SigningAlgorithm {
    /// The name in a JWT header: `RS256` or `ES256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    /// The length of a signature in a JWT, in bytes: 256 for RS256, 64 (`r` and `s`) for ES256.
    #[must_use]
    pub fn signature_len(self) -> usize {
        match self {
            Self::Rs256 => 256,
            Self::Es256 => 64,
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
