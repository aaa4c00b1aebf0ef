//! A registered public key, and whether it verifies a signature, which the crate `jsonwebtoken` decides.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use crate::key_algorithm::KeyAlgorithm;

/// An RSA or P-256 public key.
#[derive(Clone)]
pub(crate) struct PublicKey {
    algorithm: KeyAlgorithm,
    key: DecodingKey,
}

impl PublicKey {
    /// Both numbers big-endian, without leading zeros; the caller has checked their size.
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self { algorithm: KeyAlgorithm::Rs256, key: DecodingKey::from_rsa_raw_components(modulus, exponent) }
    }

    /// An uncompressed point; `None` if it is not on the curve.
    pub(crate) fn p256(point: &[u8]) -> Option<Self> {
        // `DecodingKey` takes any bytes, and would fail only at the first assertion.
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
        Some(Self { algorithm: KeyAlgorithm::Es256, key: DecodingKey::from_ec_der(point) })
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Whether the signature of `message` is valid. The provider is named here: `jsonwebtoken::decode` uses the one of the
    /// whole process, and panics if none is set and both are compiled in.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let algorithm = match self.algorithm {
            KeyAlgorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            KeyAlgorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        };
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm.as_str())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::Value;

    use super::PublicKey;
    use crate::rfc_keys::{EC_A3, RSA_A2};

    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    fn member(jwk: &str, name: &str) -> Vec<u8> {
        let jwk: Value = serde_json::from_str(jwk).unwrap();
        URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
    }

    fn ec_point() -> Vec<u8> {
        [vec![4], member(EC_A3, "x"), member(EC_A3, "y")].concat()
    }

    #[track_caller]
    fn verifies(key: &PublicKey, header: &str, signature: &str) {
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let signed = format!("{header}.{CLAIMS}");
        assert!(key.verifies(signed.as_bytes(), &signature));
        assert!(!key.verifies(format!("{signed}x").as_bytes(), &signature), "another message");
        assert!(!key.verifies(signed.as_bytes(), &signature[1..].to_vec()), "a piece of a signature");
        signature[9] ^= 1;
        assert!(!key.verifies(signed.as_bytes(), &signature), "another signature");
    }

    #[test]
    fn rfc_7515_rs256_example_verifies() {
        verifies(
            &PublicKey::rsa(&member(RSA_A2, "n"), &member(RSA_A2, "e")),
            "eyJhbGciOiJSUzI1NiJ9",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        );
    }

    #[test]
    fn rfc_7515_es256_example_verifies() {
        verifies(
            &PublicKey::p256(&ec_point()).unwrap(),
            "eyJhbGciOiJFUzI1NiJ9",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        );
    }

    #[test]
    fn points_off_the_curve_are_rejected() {
        let mut point = ec_point();
        point[64] ^= 1;
        assert!(PublicKey::p256(&point).is_none());
        assert!(PublicKey::p256(&point[..64]).is_none());
        assert!(PublicKey::p256(&[]).is_none());
    }
}
