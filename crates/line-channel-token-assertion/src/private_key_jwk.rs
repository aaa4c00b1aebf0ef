//! A private key to be saved as a JWK.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::pkcs1::RsaComponents;

/// A private key as a JWK, not encrypted: what [`SigningKey::to_private_jwk`](crate::SigningKey::to_private_jwk) returns.
///
/// `Debug` shows a placeholder, the memory is wiped on drop, and [`expose_secret`](Self::expose_secret) is the only access.
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::SigningKey;
///
/// let jwk = SigningKey::generate_ec()?.to_private_jwk()?;
/// assert!(jwk.expose_secret().starts_with(r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":""#));
/// assert_eq!(format!("{jwk:?}"), "PrivateKeyJwk(\"[redacted]\")");
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct PrivateKeyJwk(SecretString);

impl PrivateKeyJwk {
    pub(crate) fn from_rsa(key: &RsaComponents<'_>) -> Self {
        let RsaComponents { n, e, d, p, q, dp, dq, qi } = *key;
        let numbers = [("n", n), ("e", e), ("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qi)];
        Self::new(r#"{"kty":"RSA","alg":"RS256","use":"sig""#, &numbers)
    }

    pub(crate) fn from_ec(scalar: &[u8; 32], point: &[u8; 65]) -> Self {
        let numbers: [(&str, &[u8]); 3] = [("x", &point[1..33]), ("y", &point[33..]), ("d", scalar)];
        Self::new(r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256""#, &numbers)
    }

    fn new(head: &str, numbers: &[(&str, &[u8])]) -> Self {
        let length = |(name, number): &(&str, &[u8])| name.len() + r#","":"""#.len() + number.len().div_ceil(3) * 4;
        // It never grows, so that no copy is left in memory.
        let mut jwk = String::with_capacity(head.len() + numbers.iter().map(length).sum::<usize>() + 1);
        jwk.push_str(head);
        for (name, number) in numbers {
            for text in [",\"", name, "\":\""] {
                jwk.push_str(text);
            }
            URL_SAFE_NO_PAD.encode_string(number, &mut jwk);
            jwk.push('"');
        }
        jwk.push('}');
        Self(jwk.into())
    }

    /// The JWK itself, as one line of JSON. Keep it in a secret store, or in a file that only its owner can read.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PrivateKeyJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyJwk(\"[redacted]\")")
    }
}

#[cfg(test)]
mod tests {
    use super::PrivateKeyJwk;
    use crate::pkcs1::RsaComponents;

    #[test]
    fn members_are_those_of_rfc_7518() {
        let key = RsaComponents { n: &[0xff, 1], e: &[3], d: &[7], p: &[11], q: &[13], dp: &[5], dq: &[9], qi: &[2] };
        assert_eq!(
            PrivateKeyJwk::from_rsa(&key).expose_secret(),
            r#"{"kty":"RSA","alg":"RS256","use":"sig","n":"_wE","e":"Aw","d":"Bw","p":"Cw","q":"DQ","dp":"BQ","dq":"CQ","qi":"Ag"}"#
        );
        let mut point = [0; 65];
        (point[0], point[32], point[64]) = (4, 1, 2);
        let mut scalar = [0; 32];
        scalar[31] = 3;
        let zeros = "A".repeat(41);
        assert_eq!(
            PrivateKeyJwk::from_ec(&scalar, &point).expose_secret(),
            format!(
                r#"{{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"{zeros}AE","y":"{zeros}AI","d":"{zeros}AM"}}"#
            )
        );
    }
}
