//! The algorithms that an assertion may be signed with.

use std::fmt;
use std::str::FromStr;

use line_channel_token_core::Error;

/// The algorithm of an assertion's signature: the `alg` of its header (RFC 7518, section 3.1).
///
/// LINE accepts only [`Rs256`](Self::Rs256): its [guide][line] asks for `RS256` in the header and for an RSA key with 2048 bits.
///
/// ```
/// use line_channel_token_assertion::SigningAlgorithm;
///
/// assert_eq!(SigningAlgorithm::Rs256.as_str(), "RS256");
/// assert_eq!(SigningAlgorithm::Rs256.signature_len(), 256);
/// assert_eq!("ES256".parse::<SigningAlgorithm>()?, SigningAlgorithm::Es256);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
///
/// [line]: https://developers.line.biz/en/docs/messaging-api/generate-json-web-token/
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and an RSA key with 2048 bits. LINE accepts only this.
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

/// Parses the name in a JWT header.
///
/// # Errors
///
/// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) for any other text, also if only the case differs:
/// RFC 7515 makes `alg` case-sensitive.
impl FromStr for SigningAlgorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        const OTHERS: [&str; 12] =
            ["HS256", "HS384", "HS512", "RS384", "RS512", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "none"];
        match name {
            "RS256" => Ok(Self::Rs256),
            "ES256" => Ok(Self::Es256),
            // Only a known name is shown: anything else may be a secret in the wrong variable.
            _ => Err(Error::invalid_input(match OTHERS.iter().find(|other| **other == name) {
                Some(other) => {
                    format!("the signing algorithm {other} is not supported: use RS256, which LINE accepts, or ES256")
                }
                None => "the signing algorithm is unknown: use RS256, which LINE accepts, or ES256".to_owned(),
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use line_channel_token_core::ErrorKind;

    use super::SigningAlgorithm;

    #[test]
    fn parsing_is_the_inverse_of_display() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            assert_eq!(algorithm.to_string().parse::<SigningAlgorithm>().unwrap(), algorithm);
        }
    }

    #[test]
    fn other_names_are_refused_unechoed() {
        for (name, says) in [
            ("PS256", "PS256 is not supported: use RS256"),
            ("none", "none is not supported"),
            ("rs256", "is unknown: use RS256"),
            (" RS256", "is unknown"),
            ("", "is unknown"),
            ("s3cret", "is unknown"),
        ] {
            let error = name.parse::<SigningAlgorithm>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = error.to_string();
            assert!(text.contains(says) && !text.contains("s3cret"), "{text}");
        }
    }
}
