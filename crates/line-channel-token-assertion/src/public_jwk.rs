//! The public half of a signing key, in the format of the LINE Developers Console.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::SigningAlgorithm;

/// A public key as a JWK, with exactly the members that the LINE Developers Console wants.
///
/// For RSA these are `kty`, `alg`, `use`, `n` and `e`; for EC `kty`, `alg`, `use`, `crv`, `x` and `y`. There is never a
/// private member, and never a `kid`: the Console refuses a JWK with a `kid`, and assigns one when the key is registered
/// ([LINE's guide][line]).
///
/// `Display`, [`to_json`](Self::to_json) and `Serialize` write the same JSON.
///
/// If the key is in memory, [`SigningKey::public_jwk`](crate::SigningKey::public_jwk) returns it. If it is in a KMS or an HSM, it is made
/// of what that shows of the key: [`from_public_key`](Self::from_public_key), [`from_rsa`](Self::from_rsa),
/// [`from_p256`](Self::from_p256).
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::SigningKey;
///
/// let key = SigningKey::generate_ec()?;
/// let jwk = key.public_jwk().to_string(); // {"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"...","y":"..."}
/// assert!(jwk.starts_with(r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":""#));
/// assert_eq!(key.public_jwk().thumbprint().len(), 43); // SHA-256 in base64url (RFC 7638)
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
///
/// [line]: https://developers.line.biz/en/docs/messaging-api/generate-json-web-token/
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    public_use: &'static str,
    #[serde(flatten)]
    components: Components,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
enum Components {
    Rsa { n: String, e: String },
    Ec { crv: &'static str, x: String, y: String },
}

impl PublicJwk {
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let components = Components::Rsa { n: URL_SAFE_NO_PAD.encode(modulus), e: URL_SAFE_NO_PAD.encode(exponent) };
        Self { kty: "RSA", alg: SigningAlgorithm::Rs256.as_str(), public_use: "sig", components }
    }

    pub(crate) fn ec(point: &[u8; 65]) -> Self {
        let components = Components::Ec {
            crv: "P-256",
            x: URL_SAFE_NO_PAD.encode(&point[1..33]),
            y: URL_SAFE_NO_PAD.encode(&point[33..]),
        };
        Self { kty: "EC", alg: SigningAlgorithm::Es256.as_str(), public_use: "sig", components }
    }

    /// The algorithm of the signatures that this key verifies.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::{SigningAlgorithm, SigningKey};
    ///
    /// assert_eq!(SigningKey::generate_ec()?.public_jwk().algorithm(), SigningAlgorithm::Es256);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.components {
            Components::Rsa { .. } => SigningAlgorithm::Rs256,
            Components::Ec { .. } => SigningAlgorithm::Es256,
        }
    }

    /// The JWK as one line of JSON, to be pasted into the Console.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_string()
    }

    /// The thumbprint of RFC 7638 with SHA-256, in base64url: 43 characters that identify the key.
    ///
    /// It is not the kid, which the Console assigns.
    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let kty = self.kty;
        let canonical = match &self.components {
            Components::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"{kty}","n":"{n}"}}"#),
            Components::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(crate::crypto::sha256(canonical.as_bytes()))
    }
}

/// Writes the JWK as one line of JSON.
impl fmt::Display for PublicJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kty, alg, public_use, components } = self;
        // No value needs an escape: they are base64url and constants.
        write!(f, r#"{{"kty":"{kty}","alg":"{alg}","use":"{public_use}","#)?;
        match components {
            Components::Rsa { n, e } => write!(f, r#""n":"{n}","e":"{e}"}}"#),
            Components::Ec { crv, x, y } => write!(f, r#""crv":"{crv}","x":"{x}","y":"{y}"}}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PublicJwk;
    use crate::SigningAlgorithm;

    #[test]
    fn only_the_consoles_members_are_written() {
        let rsa = PublicJwk::rsa(&[0xfb, 0xff], &[1, 0, 1]);
        assert_eq!(rsa.algorithm(), SigningAlgorithm::Rs256);
        assert_eq!(rsa.to_json(), r#"{"kty":"RSA","alg":"RS256","use":"sig","n":"-_8","e":"AQAB"}"#);
        let mut point = [0; 65];
        (point[0], point[32], point[64]) = (4, 1, 2);
        let ec = PublicJwk::ec(&point);
        let zeros = "A".repeat(41);
        assert_eq!(
            ec.to_json(),
            format!(r#"{{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"{zeros}AE","y":"{zeros}AI"}}"#)
        );
        for jwk in [rsa, ec] {
            assert_eq!(serde_json::to_string(&jwk).unwrap(), jwk.to_json());
        }
    }
}
