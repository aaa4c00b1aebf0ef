//! A registered public key, and the one question that it answers.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};

/// What a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// An RSA or P-256 public key.
#[derive(Clone)]
pub(crate) struct PublicKey(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(ParsedPublicKey),
}

impl PublicKey {
    /// Both numbers big-endian, without leading zeros; the caller has checked their size.
    pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Self {
        Self(Kind::Rsa(RsaPublicKeyComponents { n, e }))
    }

    /// An uncompressed point; `None` where it is not on the curve.
    pub(crate) fn p256(point: Vec<u8>) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(|key| Self(Kind::P256(key)))
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self.0 {
            Kind::Rsa(_) => Algorithm::Rs256,
            Kind::P256(_) => Algorithm::Es256,
        }
    }

    /// Whether this key's owner signed `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok(),
            Kind::P256(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm().name())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use crate::jwk;

    /// The public key of RFC 7515, appendix A.2, with what the Console wants besides.
    pub(crate) const RSA_A2: &str = r#"{"kty":"RSA","alg":"RS256","use":"sig","e":"AQAB",
        "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;

    /// The public key of RFC 7515, appendix A.3, likewise.
    pub(crate) const EC_A3: &str = r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    #[track_caller]
    fn verifies(jwk: &str, header: &str, signature: &str) {
        let key = jwk::read(jwk).unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let signed = format!("{header}.{CLAIMS}");
        assert!(key.verifies(signed.as_bytes(), &signature));
        assert!(!key.verifies(format!("{signed}x").as_bytes(), &signature), "another message");
        assert!(!key.verifies(signed.as_bytes(), &signature[1..]), "a piece of a signature");
        signature[9] ^= 1;
        assert!(!key.verifies(signed.as_bytes(), &signature), "another signature");
    }

    #[test]
    fn the_rs256_example_of_rfc_7515_is_verified() {
        verifies(
            RSA_A2,
            "eyJhbGciOiJSUzI1NiJ9",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        );
    }

    #[test]
    fn the_es256_example_of_rfc_7515_is_verified() {
        verifies(
            EC_A3,
            "eyJhbGciOiJFUzI1NiJ9",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        );
    }
}
