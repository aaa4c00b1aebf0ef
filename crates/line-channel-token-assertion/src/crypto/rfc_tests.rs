//! The test vectors of RFC 7515, RFC 7517 and RFC 7638, with every provider of the build.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::{ALL_PROVIDERS, CryptoProvider};
use crate::{SigningAlgorithm, SigningKey};

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

static A2: LazyLock<String> = LazyLock::new(|| file("rfc7515-a2.jwk"));
const A2_HEADER: &str = "eyJhbGciOiJSUzI1NiJ9";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

static A3: LazyLock<String> = LazyLock::new(|| file("rfc7515-a3.jwk"));
const A3_HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";
const A3_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// Read when a test runs: the package has no keys, and its tests compile all the same.
fn file(name: &str) -> String {
    let path = format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}, which only the repository has: {error}"))
}

fn parse(provider: &CryptoProvider, key: &str) -> SigningKey {
    SigningKey::parse_with(provider, key.as_bytes()).unwrap()
}

fn sign(key: &SigningKey, message: &str) -> Vec<u8> {
    let mut signature = vec![0; key.algorithm().signature_len()];
    key.sign_bytes(message.as_bytes(), &mut signature).unwrap();
    signature
}

#[test]
fn rfc_7515_a2_signature_is_identical() {
    let message = format!("{A2_HEADER}.{PAYLOAD}");
    for (name, provider) in ALL_PROVIDERS {
        let signature = sign(&parse(provider, &A2), &message);
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), A2_SIGNATURE, "{name}");
    }
}

#[test]
fn rfc_7515_a3_signatures_verify() {
    let message = format!("{A3_HEADER}.{PAYLOAD}");
    let theirs = URL_SAFE_NO_PAD.decode(A3_SIGNATURE).unwrap();
    for (name, provider) in ALL_PROVIDERS {
        let key = parse(provider, &A3);
        assert!(key.verify_bytes(message.as_bytes(), &theirs), "{name}");
        for (verifier, provider) in ALL_PROVIDERS {
            let ours = sign(&key, &message);
            let public = parse(provider, &A3);
            assert!(public.verify_bytes(message.as_bytes(), &ours), "{name} signed, {verifier} verified");
            assert!(!public.verify_bytes(format!("{message}x").as_bytes(), &ours), "{verifier} verifies anything");
        }
    }
}

#[test]
fn rfc_7638_thumbprint_is_identical() {
    for (name, provider) in ALL_PROVIDERS {
        let key = parse(provider, &file("rfc7517-a2-rsa.jwk"));
        assert_eq!(key.public_jwk().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "{name}");
    }
}

#[test]
fn rfc_7517_private_keys_are_parsed() {
    for (name, provider) in ALL_PROVIDERS {
        let key = parse(provider, &file("rfc7517-a2-rsa.jwk"));
        assert_eq!((key.algorithm(), key.embedded_kid()), (SigningAlgorithm::Rs256, Some("2011-04-29")), "{name}");

        let ec = file("rfc7517-a2-ec.jwk");
        let error = SigningKey::parse_with(provider, ec.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("\"use\" of this JWK is not \"sig\""), "{name}: {error}");
        let key = parse(provider, &ec.replace("\"enc\"", "\"sig\""));
        let jwk = key.public_jwk().to_json();
        assert!(jwk.contains(r#""x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4""#), "{name}: {jwk}");
        assert!(jwk.contains(r#""y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM""#), "{name}: {jwk}");
    }
}

#[test]
fn providers_accept_each_others_keys() {
    for (maker, made_by) in ALL_PROVIDERS {
        for key in [SigningKey::generate_rsa_with(made_by).unwrap(), SigningKey::generate_ec_with(made_by).unwrap()] {
            let pem = key.to_pkcs8_pem().unwrap();
            for (parser, parsed_by) in ALL_PROVIDERS {
                let same = parse(parsed_by, pem.expose_secret());
                assert_eq!(same.public_jwk(), key.public_jwk(), "{maker} to {parser}");
                assert!(same.verify_bytes(b"message", &sign(&key, "message")), "{maker} signed, {parser} verified");
                assert!(key.verify_bytes(b"message", &sign(&same, "message")), "{parser} signed, {maker} verified");
            }
        }
    }
}

#[test]
fn inconsistent_components_are_refused() {
    let a2: serde_json::Value = serde_json::from_str(&A2).unwrap();
    let other: serde_json::Value = serde_json::from_str(&file("rfc7517-a2-rsa.jwk")).unwrap();
    let ec: serde_json::Value = serde_json::from_str(&A3).unwrap();
    let other_ec: serde_json::Value = serde_json::from_str(&file("rfc7517-a2-ec.jwk")).unwrap();
    let rsa_members = ["n", "d", "p", "q", "dp", "dq", "qi"].map(|member| (&a2, &other, member));
    let swaps = rsa_members.into_iter().chain(["d", "x", "y"].map(|member| (&ec, &other_ec, member)));
    for (good, foreign, member) in swaps {
        let mut jwk = good.clone();
        jwk[member] = foreign[member].clone();
        for (name, provider) in ALL_PROVIDERS {
            let error = SigningKey::parse_with(provider, jwk.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains("do not fit together"), "{name}, {member} of another key: {error}");
        }
    }
    // Numbers that a careless bignum library divides by, or loops on.
    for (member, value) in [("p", "AQ"), ("q", "AQ"), ("p", "AA"), ("d", "AA"), ("d", "AQ"), ("qi", "AA"), ("n", "")] {
        let mut jwk = a2.clone();
        jwk[member] = value.into();
        for (_, provider) in ALL_PROVIDERS {
            SigningKey::parse_with(provider, jwk.to_string().as_bytes()).unwrap_err();
        }
    }
}
