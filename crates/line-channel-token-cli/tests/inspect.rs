//! `inspect`: assertions that are sound and ones that break each rule, from what people paste.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use support::{Run, key_path, run, run_with_input};

const ID: &str = "1234567890";
const NOW: u64 = 1_790_000_000;

/// An assertion that somebody else signs.
fn assertion(header: &Header, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_der(&fs::read(key_path("rsa-pkcs1.der")).unwrap());
    jsonwebtoken::encode(header, claims, &key).unwrap()
}

fn header() -> Header {
    Header { kid: Some("kid-1".to_owned()), ..Header::new(Algorithm::RS256) }
}

fn claims() -> Value {
    json!({"iss": ID, "sub": ID, "aud": "https://api.line.me/", "exp": NOW + 300, "token_exp": 86_400})
}

fn inspect(text: &str, arguments: &[&str]) -> Run {
    let key = key_path("rsa-public.pem");
    let key = if arguments.contains(&"--key") { &[][..] } else { &["--key", key.as_str()] };
    let now = NOW.to_string();
    let arguments = [&["inspect", "--at", &now, "--channel-id", ID], key, arguments].concat();
    run_with_input(&arguments, text.as_bytes())
}

/// The rules that are broken.
fn broken(text: &str, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let run = inspect(text, &[&["--output", "json"], arguments].concat());
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap().iter();
    let violations = findings.filter(|finding| finding["verdict"] == "violation");
    let rules: Vec<String> = violations.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
    assert_eq!(json["is_accepted"], rules.is_empty());
    (run.code, rules)
}

#[test]
fn a_sound_assertion_is_accepted_however_it_was_pasted() {
    let sound = assertion(&header(), &claims());
    let utf16: Vec<u8> = format!("\u{feff}{sound}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [&sound, &format!("\u{feff}\"{sound}\"\r\n"), &format!("grant_type=x&client_assertion={sound}")] {
        let found = inspect(text, &[]);
        assert!(found.code == Some(0) && found.stdout.contains("signature verifies"), "{found:?}");
    }
    let found = run_with_input(&["inspect", "--at", &NOW.to_string()], &utf16);
    assert!(found.code == Some(0) && found.stdout.contains("`--key FILE` verifies the signature"), "{found:?}");
}

#[test]
fn each_broken_rule_is_named_and_all_at_once() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        assertion(&header(), &claims)
    };
    for (text, rules) in [
        (with("exp", json!(NOW - 1)), &["exp"][..]),
        (with("exp", json!(NOW + 1801)), &["exp"]),
        (with("aud", json!("https://api.line.me")), &["aud"]),
        (with("iss", json!("9876543210")), &["iss", "sub"]),
        (with("token_exp", json!(2_592_001)), &["token_exp"]),
        (assertion(&Header::new(Algorithm::RS256), &claims()), &["kid"]),
    ] {
        let (code, found) = broken(&text, &[]);
        assert_eq!(code, Some(3), "{text}");
        assert!(rules.iter().all(|rule| found.iter().any(|other| other == rule)), "{rules:?} {found:?}");
    }
    let mut both = claims();
    both["exp"] = json!(NOW - 1);
    both["aud"] = json!("https://gateway.example/");
    assert_eq!(broken(&assertion(&header(), &both), &[]).1, ["aud", "exp"]);
    assert_eq!(broken(&assertion(&header(), &both), &["--audience", "https://gateway.example/"]).1, ["exp"]);
}

#[test]
fn the_key_may_be_any_half_in_any_format() {
    let sound = assertion(&header(), &claims());
    let folder = tempfile::tempdir().unwrap();
    let jwk = folder.path().join("public.jwk");
    fs::write(&jwk, run(&["jwk", &key_path("rsa-pkcs8.pem")]).stdout).unwrap();
    let jwk = jwk.to_str().unwrap();
    for key in [jwk, &key_path("rsa-pkcs1.pem"), &key_path("rsa-public.der"), &key_path("rsa-pkcs8.der")] {
        assert_eq!(broken(&sound, &["--key", key]), (Some(0), vec![]), "{key}");
    }
    for key in ["rfc7515-a2.jwk", "rsa-exponent-3.pem"] {
        assert_eq!(broken(&sound, &["--key", &key_path(key)]), (Some(3), vec!["signature".to_owned()]), "{key}");
    }
    for (key, says) in
        [("ed25519.pem", "neither RSA nor EC"), ("rsa-certificate.pem", "certificate"), ("primes.txt", "key")]
    {
        let refused = inspect(&sound, &["--key", &key_path(key)]);
        assert!(refused.code == Some(2) && refused.stderr.contains(says), "{refused:?}");
    }
}

#[test]
fn es256_is_accepted_only_if_told_so() {
    let key = EncodingKey::from_ec_der(&fs::read(key_path("ec-pkcs8.der")).unwrap());
    let header = Header { kid: Some("kid-1".to_owned()), ..Header::new(Algorithm::ES256) };
    let signed = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    let public = key_path("ec-public.pem");
    assert_eq!(broken(&signed, &["--key", &public, "--accept-es256"]), (Some(0), vec![]));
    let (code, rules) = broken(&signed, &["--key", &public]);
    assert!(code == Some(3) && rules.contains(&"alg".to_owned()), "{rules:?}");
}

#[test]
fn what_sign_makes_is_accepted() {
    let key = key_path("rsa-pkcs8.pem");
    let arguments = ["sign", "--channel-id", ID, "--assertion-kid", "kid-1", "--assertion-key-file", &key];
    let signed = run(&arguments).stdout;
    let found = run_with_input(&["inspect", "--key", &key, "--channel-id", ID], signed.as_bytes());
    assert!(found.code == Some(0) && !found.stdout.contains("warning"), "{found:?}");
}

#[test]
fn neither_tokens_nor_secrets_are_repeated() {
    let signature = assertion(&header(), &claims()).rsplit('.').next().unwrap().to_owned();
    let pem = fs::read_to_string(key_path("rsa-pkcs8.pem")).unwrap();
    let token = format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), "UnQ_o-GP0Vtnw", "DjbK0C8E_NvK");
    for (text, secret, code, says) in [
        (assertion(&header(), &claims()), signature.as_str(), 0, "assertion"),
        (token, "DjbK0C8E_NvK", 0, "jwt or stateless token"),
        (pem.clone(), pem.lines().nth(2).unwrap(), 3, "private key"),
        ("0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(), "0f1e2d3c4b5a69788796a5b4c3d2e1f0", 3, "channel secret"),
        ("s3cret".to_owned(), "s3cret", 3, "unknown"),
    ] {
        for format in [&["-vvv"][..], &["--output=json"]] {
            let found = inspect(&text, format);
            assert_eq!(found.code, Some(code), "{found:?}");
            assert!(!found.stdout.contains(secret) && !found.stderr.contains(secret), "{found:?}");
            assert!(found.stdout.replace('_', " ").contains(says), "{found:?}");
        }
    }
    for input in [&b""[..], b" \n", b"\xff\xd8\xff", &vec![b'a'; 2 << 20]] {
        let refused = run_with_input(&["inspect"], input);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    }
}
