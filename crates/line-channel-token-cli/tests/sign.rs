//! `sign`: an assertion that openssl verifies and the emulator accepts, from a configuration in every form.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{Assertion, Client};
use serde_json::{Value, json};

use support::{Run, command, finish, has, key_path, openssl, run};

const ID: &str = "1234567890";
const KID: &str = "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11";

fn configured(arguments: &[&str]) -> Command {
    let mut command = command(&[&["sign"], arguments].concat());
    command.env("LINE_CHANNEL_ID", ID).env("LINE_ASSERTION_KID", KID);
    command.env("LINE_ASSERTION_KEY_FILE", key_path("rsa-pkcs8.pem"));
    command
}

fn sign(arguments: &[&str]) -> Run {
    finish(configured(arguments))
}

/// Header and claims.
fn parts(run: &Run) -> [Value; 2] {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let mut parts = run.stdout.trim_end().split('.');
    [(); 2].map(|()| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap())
}

#[test]
fn claims_are_what_was_asked_for() {
    let [header, claims] = parts(&sign(&[]));
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": KID}));
    assert_eq!((&claims["iss"], &claims["sub"]), (&ID.into(), &ID.into()));
    assert_eq!(claims["aud"], "https://api.line.me/");
    assert_eq!(claims["token_exp"], 2_592_000);

    assert_eq!(parts(&sign(&["--token-lifetime", "7d"]))[1]["token_exp"], 604_800);
    assert_eq!(parts(&sign(&["--no-token-exp"]))[1]["token_exp"], Value::Null);
    assert_eq!(parts(&sign(&["--token-family", "stateless"]))[1]["token_exp"], Value::Null);
    assert_eq!(parts(&sign(&["--audience", "https://gateway.example/"]))[1]["aud"], "https://gateway.example/");
    // Of a service on the same machine.
    let mut others = configured(&[]);
    others.env("LINE_TOKEN_FAMILY", "stateless").env("LINE_ISSUE_BUDGET", "5").env("LINE_TOKEN_LIFETIME", "12h");
    assert_eq!(parts(&finish(others))[1]["token_exp"], 43_200);
    let mut others = configured(&["--no-token-exp"]);
    others.env("LINE_TOKEN_LIFETIME", "12h");
    assert_eq!(parts(&finish(others))[1]["token_exp"], Value::Null);
}

#[test]
fn the_assertion_lives_for_its_ttl() {
    for (ttl, seconds) in [("5m", 300), ("90s", 90), ("1800s", 1800), ("30m", 1800)] {
        let json = sign(&["--ttl", ttl, "--output", "json"]);
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json["expires_in"], seconds);
        let assertion = json["assertion"].as_str().unwrap();
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((&json["expires_at"], &json["token_expires_in"]), (&claims["exp"], &claims["token_exp"]));
        assert_eq!((&json["channel_id"], &json["kid"]), (&ID.into(), &KID.into()));
        assert_eq!((&json["algorithm"], &json["audience"]), (&"RS256".into(), &"https://api.line.me/".into()));
    }
    for (ttl, says) in [
        ("31m", "1 to 1800 seconds"),
        ("0s", "1 to 1800 seconds"),
        ("1800", "a whole number and a unit"),
        ("5w", "give a whole number"),
    ] {
        let refused = sign(&["--ttl", ttl]);
        assert!(refused.code == Some(2) && refused.stderr.contains(says), "{ttl} {refused:?}");
    }
}

#[test]
fn openssl_verifies_the_signature() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let assertion = sign(&[]).stdout;
    let (signed, signature) = assertion.trim_end().rsplit_once('.').unwrap();
    let file = folder.path().join("signature");
    fs::write(&file, URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let public = key_path("rsa-public.pem");
    let arguments = ["dgst", "-sha256", "-verify", &public, "-signature", file.to_str().unwrap()];
    assert_eq!(openssl(&arguments, signed.as_bytes()), b"Verified OK\n");
}

fn emulator() -> Client {
    let channel = EmulatedChannel::new(ID, "0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    let jwk = run(&["jwk", &key_path("rsa-pkcs8.pem")]).stdout;
    let channel = channel.with_key(KID, jwk).unwrap();
    Emulator::builder().channel(channel).build().unwrap().client()
}

#[tokio::test]
async fn the_emulator_takes_it_for_every_call() {
    let client = emulator();
    let assertion = Assertion::new(sign(&[]).stdout).unwrap();
    let issued = client.issue_jwt(&assertion).await.unwrap();
    assert!(client.key_ids(&assertion).await.unwrap().iter().any(|id| id.as_str() == issued.key_id().as_str()));
    client.issue_stateless_with_jwt(&assertion).await.unwrap();
    let without = Assertion::new(sign(&["--no-token-exp"]).stdout).unwrap();
    client.issue_stateless_with_jwt(&without).await.unwrap();
    assert!(client.issue_jwt(&without).await.is_err(), "it has no token_exp");
}

#[test]
fn the_key_may_be_in_the_environment_or_a_jwk_with_its_kid() {
    let mut in_variable = command(&["sign", "--channel-id", ID, "--assertion-kid", KID]);
    in_variable.env("LINE_ASSERTION_KEY", fs::read_to_string(key_path("rsa-pkcs8.pem")).unwrap());
    assert_eq!(parts(&finish(in_variable))[0]["kid"], KID);

    let mut with_kid = command(&["sign", "--channel-id", ID]);
    let jwk = fs::read_to_string(key_path("rfc7515-a2.jwk")).unwrap().replacen('{', "{\"kid\":\"kid-7\",", 1);
    with_kid.env("LINE_ASSERTION_KEY", jwk);
    assert_eq!(parts(&finish(with_kid))[0]["kid"], "kid-7");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let refused = run(&["sign", "--channel-id", "U0", "--token-lifetime", "31d"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    for says in ["\n- --channel-id: ", "\n- LINE_ASSERTION_KEY: ", "\n- --token-lifetime: "] {
        assert!(refused.stderr.contains(says), "{says} {refused:?}");
    }
    let json = run(&["sign", "--channel-id", "U0", "--output", "json"]);
    let json: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((&json["error"]["exit"], &json["error"]["kind"]), (&"usage".into(), &"configuration".into()));
    assert_eq!(json["error"]["problems"][0]["subject"], "--channel-id");

    let conflict = sign(&["--no-token-exp", "--token-family", "jwt"]);
    assert!(conflict.code == Some(2) && conflict.stderr.contains("cannot be used with"), "{conflict:?}");
    let conflict = sign(&["--no-token-exp", "--token-lifetime", "7d"]);
    assert!(conflict.code == Some(2) && conflict.stderr.contains("--token-lifetime: "), "{conflict:?}");
    let pipe = sign(&["--assertion-key-file", "/dev/stdin"]);
    assert!(pipe.code == Some(2) && pipe.stderr.contains("in the variable without _FILE"), "{pipe:?}");
    let es256 =
        run(&["sign", "--channel-id", ID, "--assertion-kid", KID, "--assertion-key-file", &key_path("ec-pkcs8.pem")]);
    assert!(es256.code == Some(2) && es256.stderr.contains("LINE accepts only RS256"), "{es256:?}");
}
