//! No output shows any of a private key, and no input makes the parsers panic.

use std::error::Error as _;

use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_core::{AssertionKid, ChannelId, Error};
use proptest::prelude::*;

const JWK: &str = include_str!("../keys/rfc7515-a2.jwk");
const FILES: &[&[u8]] = &[
    JWK.as_bytes(),
    include_bytes!("../keys/rfc7515-a3.jwk"),
    include_bytes!("../keys/rsa-pkcs1.der"),
    include_bytes!("../keys/rsa-pkcs8.der"),
    include_bytes!("../keys/ec-sec1.der"),
    include_bytes!("../keys/ec-pkcs8.der"),
    include_bytes!("../keys/ec-sec1.pem"),
    include_bytes!("../keys/rsa-pkcs8.pem"),
    include_bytes!("../keys/rsa-certificate.der"),
    include_bytes!("../keys/rsa-pkcs8-encrypted.der"),
];

/// The tokens of the parsers.
const PARTS: &[&str] = &[
    "-----",
    "BEGIN ",
    "END ",
    "PRIVATE KEY",
    "CERTIFICATE",
    "\\n",
    "\n",
    "\\",
    "\\u00",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ":",
    ",",
    "=>",
    "kty",
    "RSA",
    "EC",
    "P-256",
    "d",
    "n",
    "e",
    "AQAB",
    "MIIE",
    "0x30",
    "30:82",
    "&#",
    "&quot;",
    "%2B",
    "+",
    " ",
    "<Modulus>",
    "</Modulus>",
    "b'",
    "//",
    "/*",
    "null",
    "1e9",
    "\u{2014}",
    "\u{feff}",
    "\0",
    "=",
    "base64,",
];

/// Every 8 characters of the private members of a JWK.
fn private_pieces(jwk: &str) -> Vec<String> {
    let jwk: serde_json::Value = serde_json::from_str(jwk).unwrap();
    let members = ["d", "p", "q", "dp", "dq", "qi"].into_iter().filter_map(|member| jwk[member].as_str());
    members.flat_map(|member| (0..member.len() - 8).map(|at| member[at..at + 8].to_owned())).collect()
}

fn whole_text(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

#[test]
fn debug_shows_only_the_algorithm() {
    let key = SigningKey::from_jwk(JWK).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(RS256)");
    let channel_id = ChannelId::new("1234567890").unwrap();
    let kid = AssertionKid::new("kid").unwrap();
    let signer = AssertionSigner::new(channel_id, kid, key.clone()).unwrap();
    let saved = key.to_pkcs8_pem().unwrap();
    let shown = format!("{signer:?} {saved:?} {:?} {:?}", key.public_jwk(), signer.sign().unwrap());
    for piece in private_pieces(JWK) {
        assert!(!shown.contains(&piece), "{piece} in {shown}");
    }
}

#[test]
fn errors_never_quote_a_damaged_key() {
    let pieces = private_pieces(JWK);
    let number = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"#;
    let whole = JWK.replace('\n', "");
    let mut bad = vec![whole.replace("\"d\":", "\"kid\":5,\"d\":"), whole.replace("\"d\": \"", "\"d\": [\"")];
    // A string instead of a list, and an escape in a number: serde_json would quote both.
    let d = serde_json::from_str::<serde_json::Value>(JWK).unwrap()["d"].as_str().unwrap().to_owned();
    bad.push(format!("{number}\"\\u0041{d}\"}}"));
    bad.push(format!("{{\"kty\":\"RSA\",\"key_ops\":\"{d}\"}}"));
    bad.push(format!("{{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":[\"{d}\"]}}"));
    bad.push(format!("{{\"{d}\":1,\"kty\":\"RSA\",\"{d}\":2}}"));
    bad.push(format!("<RSAKeyValue><Modulus>{d}</Modulus><Exponent>*</Exponent><D>{d}</D></RSAKeyValue>"));
    for around in
        ["ssh-rsa %", "PuTTY-User-Key-File-2: %", "/%.pem", "${%}", "<%>", "https://%", "[%]", "{%}", "'%'", "ey%.%.%"]
    {
        bad.push(around.replace('%', &d));
    }
    bad.push(JWK.replace('"', "\\\"").replace("\"d\\", "\"5\\"));
    bad.push(format!("{{\"kty\":\"{d}\"}}"));
    bad.push(format!("{{\"kty\":\"EC\",\"crv\":\"{d}\"}}"));
    bad.push(whole.replace("\"kty\": \"RSA\"", &format!("\"kty\": \"RSA\", \"alg\": \"{d}\"")));
    bad.extend((1..JWK.len()).step_by(37).map(|cut| JWK[..cut].to_owned()));
    bad.push(format!("-----BEGIN PRIVATE KEY-----\n{d}\n-----END PRIVATE KEY-----"));
    bad.push(format!("-----BEGIN {d}-----\nAAAA\n-----END {d}-----"));
    bad.push(d);
    for bad in bad {
        let text = whole_text(&SigningKey::parse(&bad).unwrap_err());
        assert!(!pieces.iter().any(|piece| text.contains(piece)), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(SigningKey::parse(&bytes).is_err());
        prop_assert!(SigningKey::from_pem(&bytes).is_err());
        prop_assert!(SigningKey::from_der(&bytes).is_err());
        prop_assert!(SigningKey::from_jwk(&bytes).is_err());
        let der = [&[0x30, 0x82, (bytes.len() >> 8) as u8, bytes.len() as u8][..], &bytes].concat();
        prop_assert!(SigningKey::parse(&der).is_err());
    }

    #[test]
    fn random_tokens_are_refused(
        parts in proptest::collection::vec(0..PARTS.len(), 0..40)
    ) {
        let text: String = parts.into_iter().map(|part| PARTS[part]).collect();
        prop_assert!(SigningKey::parse(&text).is_err());
    }

    #[test]
    fn damaged_keys_never_panic(
        file in 0..FILES.len(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
    ) {
        let mut bytes = FILES[file].to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        // Damage may hit an attribute or an unknown member, so a key that still works is fine.
        let _ = SigningKey::parse(&bytes);
    }
}
