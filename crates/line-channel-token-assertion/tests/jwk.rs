//! What a private JWK must hold, and what is said where it does not.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind};
use serde_json::{Value, json};

fn rsa() -> Value {
    serde_json::from_str(include_str!("keys/rfc7515-a2.jwk")).unwrap()
}

fn ec() -> Value {
    serde_json::from_str(include_str!("keys/rfc7515-a3.jwk")).unwrap()
}

/// The JWK with members set, or taken out where the value is null.
fn with(mut jwk: Value, changes: Value) -> String {
    for (member, value) in changes.as_object().unwrap() {
        if value.is_null() {
            jwk.as_object_mut().unwrap().remove(member);
        } else {
            jwk[member] = value.clone();
        }
    }
    jwk.to_string()
}

#[test]
fn a_jwk_that_cannot_sign_is_refused_by_name() {
    for (jwk, says) in [
        (with(rsa(), json!({"d": null, "p": null, "q": null, "dp": null, "dq": null, "qi": null})), "is a public key"),
        (with(rsa(), json!({"d": null, "key_ops": ["verify"]})), "is a public key"),
        (with(ec(), json!({"d": null})), "is a public key"),
        (
            with(rsa(), json!({"p": null, "q": null, "dp": null, "dq": null, "qi": null})),
            "export the key with all of them",
        ),
        (with(rsa(), json!({"qi": null})), "export the key with all of them"),
        (with(rsa(), json!({"n": null})), "has no \"n\""),
        (with(ec(), json!({"y": null})), "has no \"y\""),
        (with(ec(), json!({"crv": null})), "has no \"crv\""),
        (with(ec(), json!({"crv": "P-384"})), "on P-384"),
        (with(ec(), json!({"x": "AAAA"})), "\"x\" of this JWK is not 32 bytes"),
        (with(ec(), json!({"d": "AAAA"})), "\"d\" of this JWK is not 32 bytes"),
        (with(rsa(), json!({"oth": []})), "more than two primes"),
        (with(rsa(), json!({"use": "enc"})), "\"use\""),
        (with(rsa(), json!({"alg": "PS256"})), "\"alg\" of this JWK is not RS256"),
        (with(ec(), json!({"alg": "RS256"})), "\"alg\" of this JWK is not ES256"),
        (with(rsa(), json!({"key_ops": ["verify"]})), "leave \"sign\" out"),
        (with(rsa(), json!({"key_ops": "sign"})), "wrong type"),
        (with(rsa(), json!({"d": 5})), "wrong type"),
        (with(rsa(), json!({"d": "a+/b"})), "\"d\" of this JWK is not base64url"),
        (with(rsa(), json!({"kty": "oct"})), "neither RSA nor EC"),
        (with(rsa(), json!({"kty": null})), "no \"kty\""),
        (json!({"keys": [rsa()]}).to_string(), "JWK set"),
        (json!([rsa()]).to_string(), "wrong type"),
        (rsa().to_string()[..300].to_owned(), "breaks off"),
        (format!("{} x", rsa()), "damaged"),
        ("{\"kty\":\"RSA\",\"kty\":\"RSA\"}".to_owned(), "twice"),
    ] {
        let error = SigningKey::from_jwk(&jwk).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn what_browsers_and_jwcrypto_export_is_taken() {
    let plain = SigningKey::from_jwk(rsa().to_string()).unwrap();
    for extra in [
        json!({"alg": "RS256", "ext": true, "key_ops": ["sign"]}),
        json!({"alg": "RS256", "use": "sig"}),
        json!({"x5t": "abc", "unknown": {"a": [1]}}),
    ] {
        let key = SigningKey::from_jwk(with(rsa(), extra)).unwrap();
        assert_eq!(key.public_jwk(), plain.public_jwk());
    }
}

#[test]
fn a_kid_in_the_jwk_must_be_the_kid_that_is_given() {
    let key = SigningKey::from_jwk(with(rsa(), json!({"kid": "6b2f"}))).unwrap();
    assert_eq!(key.embedded_kid(), Some("6b2f"));
    assert!(!key.public_jwk().to_json().contains("kid"), "the Console refuses a kid");
    let signer = |kid| {
        let (channel, kid) = (ChannelId::new("1234567890").unwrap(), AssertionKid::new(kid).unwrap());
        AssertionSigner::new(channel, kid, key.clone())
    };
    assert_eq!(signer("6b2f").unwrap().kid().as_str(), "6b2f");
    let error = signer("0000").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("names another kid than 0000"), "{error}");
}
