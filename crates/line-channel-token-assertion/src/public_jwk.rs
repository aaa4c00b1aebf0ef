//! The public half of a signing key, as the LINE Developers Console takes it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::SigningAlgorithm;

/// A public key as a JWK: exactly the members that the LINE Developers Console wants.
///
/// For RSA these are `kty`, `alg`, `use`, `n` and `e`; for EC `kty`, `alg`, `use`, `crv`, `x` and `y`. There is never a
/// `kid`, because the Console refuses one and hands out its own, and never a private member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    public_use: &'static str,
    #[serde(flatten)]
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Parts {
    Rsa { n: String, e: String },
    Ec { crv: &'static str, x: String, y: String },
}

impl PublicJwk {
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let parts = Parts::Rsa { n: URL_SAFE_NO_PAD.encode(modulus), e: URL_SAFE_NO_PAD.encode(exponent) };
        Self { kty: "RSA", alg: SigningAlgorithm::Rs256.as_str(), public_use: "sig", parts }
    }

    pub(crate) fn ec(point: &[u8; 65]) -> Self {
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        Self {
            kty: "EC",
            alg: SigningAlgorithm::Es256.as_str(),
            public_use: "sig",
            parts: Parts::Ec { crv: "P-256", x, y },
        }
    }

    /// The JWK on one line of JSON: what to paste into the Console.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { kty, alg, public_use, parts } = self;
        // Nothing in here needs an escape: it is base64url and our own names.
        match parts {
            Parts::Rsa { n, e } => {
                format!(r#"{{"kty":"{kty}","alg":"{alg}","use":"{public_use}","n":"{n}","e":"{e}"}}"#)
            }
            Parts::Ec { crv, x, y } => {
                format!(r#"{{"kty":"{kty}","alg":"{alg}","use":"{public_use}","crv":"{crv}","x":"{x}","y":"{y}"}}"#)
            }
        }
    }

    /// The thumbprint of RFC 7638 with SHA-256, in base64url: 43 characters that name this key and no other.
    ///
    /// It is not the kid: the Console gives that.
    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let kty = self.kty;
        let canonical = match &self.parts {
            Parts::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"{kty}","n":"{n}"}}"#),
            Parts::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(crate::digest::sha256(canonical.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::PublicJwk;

    #[test]
    fn it_has_exactly_the_members_that_the_console_wants() {
        let rsa = PublicJwk::rsa(&[0xfb, 0xff], &[1, 0, 1]);
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
