//! `jwk`: the public half of keys that others wrote, against what others say of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use line_channel_token::emulator::EmulatedChannel;
use serde_json::Value;

use support::{has, key, key_path, openssl, run, run_with_input};

const RSA: [&str; 5] = ["rsa-pkcs1.pem", "rsa-pkcs8.pem", "rsa-pkcs1.der", "rsa-pkcs8.der", "rsa-bag-attributes.pem"];

#[test]
fn every_format_gives_the_same_jwk_from_a_file_and_from_stdin() {
    let expected = run(&["jwk", &key_path("rsa-pkcs1.pem")]);
    assert_eq!((expected.code, expected.stderr.as_str()), (Some(0), ""));
    assert!(expected.stdout.starts_with(r#"{"kty":"RSA","alg":"RS256","use":"sig","n":""#), "{expected:?}");
    for name in RSA {
        let bytes = fs::read(key(name)).unwrap();
        let utf16: Vec<u8> = String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = format!("@{}", key_path(name));
        for found in [
            run(&["jwk", &key_path(name)]),
            run(&["jwk", &at]),
            run_with_input(&["jwk"], &bytes),
            run_with_input(&["jwk", "-"], &bytes),
            run_with_input(&["jwk"], if name.ends_with(".pem") { &utf16 } else { &bytes }),
        ] {
            assert_eq!((found.code, &found.stdout), (Some(0), &expected.stdout), "{name} {found:?}");
        }
    }
}

#[test]
fn the_numbers_are_those_of_openssl() {
    if !has("openssl") {
        return;
    }
    let pem = fs::read(key("rsa-pkcs8.pem")).unwrap();
    let modulus = String::from_utf8(openssl(&["rsa", "-modulus", "-noout"], &pem)).unwrap();
    let modulus = modulus.trim().trim_start_matches("Modulus=").to_ascii_lowercase();
    let jwk: Value = serde_json::from_str(&run(&["jwk", &key_path("rsa-pkcs8.pem")]).stdout).unwrap();
    let n = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap()
    };
    assert_eq!(n.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), modulus);
}

#[test]
fn the_thumbprint_is_that_of_another_library() {
    for name in ["rsa-pkcs8.pem", "ec-pkcs8.pem", "rfc7515-a2.jwk", "rfc7515-a3.jwk", "rsa-exponent-3.pem"] {
        let jwk: Jwk = serde_json::from_str(&run(&["jwk", &key_path(name)]).stdout).unwrap();
        let thumbprint = run(&["jwk", "--thumbprint", &key_path(name)]);
        assert_eq!(thumbprint.code, Some(0), "{thumbprint:?}");
        assert_eq!(thumbprint.stdout.trim_end(), jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), "{name}");
        let json: Value = serde_json::from_str(&run(&["jwk", "--output", "json", &key_path(name)]).stdout).unwrap();
        assert_eq!(json["thumbprint"], thumbprint.stdout.trim_end());
    }
}

#[test]
fn the_emulator_registers_the_jwk() {
    let jwk = run(&["jwk", &key_path("rsa-pkcs8.pem")]).stdout;
    let channel = EmulatedChannel::new("1234567890", "0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    channel.with_key("kid-1", jwk).unwrap();
}

#[test]
fn a_kid_inside_a_private_jwk_is_told_and_never_printed() {
    let jwk = fs::read_to_string(key("rfc7515-a2.jwk")).unwrap();
    let with_kid = jwk.replacen('{', "{\"kid\":\"kid-1\",", 1);
    let json: Value =
        serde_json::from_str(&run_with_input(&["jwk", "--output=json"], with_kid.as_bytes()).stdout).unwrap();
    assert_eq!((&json["kid"], &json["public_jwk"]["kid"]), (&"kid-1".into(), &Value::Null));
    assert_eq!(json["algorithm"], "RS256");
    assert!(!run_with_input(&["jwk"], with_kid.as_bytes()).stdout.contains("kid"));
}

#[test]
fn a_public_key_gives_the_same_jwk_if_asked() {
    for (public, private) in [("rsa-public.pem", "rsa-pkcs8.pem"), ("ec-public.der", "ec-pkcs8.pem")] {
        let refused = run(&["jwk", &key_path(public)]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains("public key") && refused.stderr.contains("--public"), "{refused:?}");
        let found = run(&["jwk", "--public", &key_path(public)]);
        assert_eq!(found.stdout, run(&["jwk", &key_path(private)]).stdout, "{public}");
    }
}

#[test]
fn es256_is_said_to_be_of_no_use_to_line() {
    let found = run(&["jwk", &key_path("ec-pkcs8.pem")]);
    assert_eq!((found.code, found.stderr.as_str()), (Some(0), "warning: LINE does not accept ES256 today\n"));
}

#[test]
fn what_is_no_key_is_named_and_never_repeated() {
    for (name, says) in [
        ("rsa-certificate.pem", "certificate"),
        ("rsa-certificate-request.pem", "or a request for one"),
        ("rsa-pkcs8-encrypted.pem", "encrypted"),
        ("rsa-pkcs1-encrypted.pem", "encrypted"),
        ("rsa-openssh.pem", "OpenSSH"),
        ("rsa.p12", "PKCS#12"),
        ("rsa-1024.pem", "1024 bits"),
        ("rsa-4096.pem", "4096 bits"),
        ("ec-p384.pem", "P-384"),
        ("ed25519.pem", "neither RSA nor EC"),
        ("rsa-pss.pem", "PSS"),
        ("primes.txt", "not a private key"),
    ] {
        let refused = run(&["jwk", &key_path(name)]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{name} {refused:?}");
        assert!(refused.stderr.contains(says) && refused.stderr.contains(name), "{name} {refused:?}");
        let json = run(&["jwk", &key_path(name), "--output", "json"]);
        let json: Value = serde_json::from_str(&json.stderr).unwrap();
        assert_eq!((&json["error"]["exit"], &json["error"]["kind"]), (&"usage".into(), &"invalid_input".into()));
    }
    let secret = run_with_input(&["jwk"], b"s3cret-and-no-key");
    assert!(secret.code == Some(2) && !secret.stderr.contains("s3cret"), "{secret:?}");
}
