//! Helpers for the tests of pasted keys.

use line_channel_token_assertion::SigningKey;
use serde_json::Value;

pub(crate) const PKCS8: &str = include_str!("../keys/rsa-pkcs8.pem");
pub(crate) const PKCS1: &str = include_str!("../keys/rsa-pkcs1.pem");
pub(crate) const PKCS8_DER: &[u8] = include_bytes!("../keys/rsa-pkcs8.der");
pub(crate) const CERTIFICATE: &str = include_str!("../keys/rsa-certificate.pem");
pub(crate) const EC: &str = include_str!("../keys/ec-pkcs8.pem");
pub(crate) const EC_SEC1: &str = include_str!("../keys/ec-sec1.pem");
pub(crate) const EC_JWK: &str = include_str!("../keys/rfc7515-a3.jwk");
pub(crate) const JWK: &str = include_str!("../keys/rfc7515-a2.jwk");

pub(crate) fn public(key: &[u8]) -> String {
    SigningKey::parse(key).unwrap().public_jwk().to_json()
}

/// Asserts that each text gives the key in `original`.
pub(crate) fn each_gives(original: &str, texts: impl IntoIterator<Item = impl AsRef<[u8]>>) {
    let expected = public(original.as_bytes());
    for (at, text) in texts.into_iter().enumerate() {
        let shown = String::from_utf8_lossy(text.as_ref()).chars().take(120).collect::<String>();
        match SigningKey::parse(&text) {
            Ok(key) => assert_eq!(key.public_jwk().to_json(), expected, "{at}: {shown}"),
            Err(error) => panic!("{at}: {error}\n{shown}"),
        }
    }
}

pub(crate) fn jwk() -> Value {
    serde_json::from_str(JWK).unwrap()
}

pub(crate) fn public_jwk() -> Value {
    serde_json::from_str(&public(JWK.as_bytes())).unwrap()
}

pub(crate) fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}
