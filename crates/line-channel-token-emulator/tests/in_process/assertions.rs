//! Every rule for an assertion, through every call that takes one.

use crate::support::*;
use line_channel_token_emulator::{EmulatedChannel, Emulator};
use serde_json::{Value, json};

/// Every call that an assertion authenticates, with the same assertion.
fn every_call(emulator: &Emulator, assertion: &str) -> [Reply; 3] {
    [issue_jwt(emulator, assertion), issue_stateless_with_jwt(emulator, assertion), key_ids(emulator, assertion)]
}

#[test]
fn bad_assertions_are_refused_everywhere() {
    let (emulator, _) = emulator();
    let good = claims(CHANNEL, NOW);
    let good = Value::Object(good).to_string();
    let with_header = |header: Value| sign_text(&RSA, &header.to_string(), &good);
    let set = |name: &str, value: Value| assertion_with(|claims| drop(claims.insert(name.to_owned(), value)));
    let part = |number: usize| assertion().split('.').nth(number).unwrap().to_owned();
    let other_signature = sign_text(&OTHER_RSA, &header(KID), &good);
    let claims_twice = good.replacen('{', &format!(r#"{{"exp":{},"#, NOW + 300), 1);
    for (assertion, description) in [
        // Documented.
        (set("exp", json!(NOW)), "Invalid exp"),
        (set("exp", json!(NOW - 1)), "Invalid exp"),
        (set("exp", json!((NOW + 300).to_string())), "Invalid exp"),
        (assertion_with(|claims| drop(claims.remove("exp"))), "Invalid exp"),
        (set("iss", json!(OTHER_CHANNEL)), "iss and clientId of key do not match"),
        // Invented.
        (set("exp", json!(NOW + 1801)), "Invalid exp"),
        (set("exp", json!((NOW + 300) * 1000)), "Invalid exp"),
        (set("sub", json!(OTHER_CHANNEL)), "Invalid sub"),
        (set("iss", json!(1_234_567_890)), "Invalid iss"),
        (set("aud", json!("https://api.line.me")), "Invalid aud"),
        (set("aud", json!(["https://api.line.me/"])), "Invalid aud"),
        (set("aud", json!(["https://api.line.me/", "https://api.line.me/"])), "Invalid aud"),
        (set("exp", json!(NOW as f64 + 300.5)), "Invalid exp"),
        (set("exp", json!(NOW as f64 + 300.0)), "Invalid exp"),
        (set("nbf", json!(NOW + 120)), "Invalid nbf"),
        (set("iat", json!("today")), "Invalid iat"),
        (other_signature, "Invalid signature"),
        (format!("{}.{}.{}", part(0), encode(good.replace("300", "301")), part(2)), "Invalid signature"),
        (format!("{}.{}.", part(0), part(1)), "Invalid signature"),
        (format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#), part(1)), "Invalid alg"),
        (with_header(json!({"alg": "none", "typ": "JWT", "kid": KID})), "Invalid alg"),
        (with_header(json!({"alg": "HS256", "typ": "JWT", "kid": KID})), "Invalid alg"),
        (with_header(json!({"alg": "ES256", "typ": "JWT", "kid": KID})), "Invalid alg"),
        (with_header(json!({"typ": "JWT", "kid": KID})), "Invalid alg"),
        (with_header(json!({"alg": "RS256", "kid": KID})), "Invalid typ"),
        (with_header(json!({"alg": "RS256", "typ": "JOSE", "kid": KID})), "Invalid typ"),
        (with_header(json!({"alg": "RS256", "typ": "JWT"})), "Invalid kid"),
        (with_header(json!({"alg": "RS256", "typ": "JWT", "kid": 7})), "Invalid kid"),
        (with_header(json!({"alg": "RS256", "typ": "JWT", "kid": KID, "crit": ["b64"]})), "Invalid client_assertion"),
        (sign_text(&RSA, &header(KID), &claims_twice), "Invalid client_assertion"),
        (sign_text(&RSA, &header(KID), "[1,2]"), "Invalid client_assertion"),
        (sign_text(&RSA, &header(KID), "\u{1}"), "Invalid client_assertion"),
        (sign_text(&RSA, r#"{"alg":"RS256","alg":"RS256","typ":"JWT"}"#, &good), "Invalid client_assertion"),
        ("abc".to_owned(), "Invalid client_assertion"),
        ("a.b".to_owned(), "Invalid client_assertion"),
        (format!("{}.x", crate::support::assertion()), "Invalid client_assertion"),
        (format!("{}==", crate::support::assertion()), "Invalid client_assertion"),
        (format!("{}.{}.{}", part(0), part(1), "%2A"), "Invalid client_assertion"),
    ] {
        for response in every_call(&emulator, &assertion) {
            invalid_client(&response, description);
        }
    }
    let unknown = sign_text(&RSA, &header("not-registered"), &good);
    for response in every_call(&emulator, &unknown) {
        refused(&response, 404, r#"{"message":"Cannot find channel key that satisfies the conditions"}"#);
    }
}

#[test]
fn assertions_at_the_limits_are_accepted() {
    let (emulator, _) = emulator();
    for (name, value) in [
        ("exp", json!(NOW + 1)),
        ("exp", json!(NOW + 1800)),
        ("nbf", json!(NOW)),
        ("iat", json!(NOW - 5)),
        ("jti", json!("unknown claims are fine")),
        ("token_exp", json!(1)),
        ("token_exp", json!(2_592_000)),
    ] {
        let assertion = assertion_with(|claims| drop(claims.insert(name.to_owned(), value)));
        for response in every_call(&emulator, &assertion) {
            assert_eq!(response.0, 200, "{}", response.1);
        }
    }
}

#[test]
fn only_v2_1_issue_needs_token_exp() {
    let (emulator, _) = emulator();
    for value in [None, Some(json!(0)), Some(json!(2_592_001)), Some(json!("60")), Some(json!(1.5)), Some(json!(null))]
    {
        let assertion = assertion_with(|claims| match value {
            Some(value) => drop(claims.insert("token_exp".to_owned(), value)),
            None => drop(claims.remove("token_exp")),
        });
        let [issued, stateless, kids] = every_call(&emulator, &assertion);
        invalid_client(&issued, "Invalid token_exp");
        assert_eq!((stateless.0, kids.0), (200, 200));
    }
}

#[test]
fn es256_is_opt_in() {
    let clock = TestClock::new();
    let with_ec =
        || builder(&clock).channel(EmulatedChannel::new("3", "x").unwrap().with_key("ec", ec_jwk(&EC)).unwrap());
    let error = with_ec().build().unwrap_err().to_string();
    assert!(error.contains("EC key") && error.contains("accept_es256"), "{error}");
    let emulator = with_ec().accept_es256(true).build().unwrap();
    let claims = Value::Object(claims("3", NOW)).to_string();
    let header = r#"{"alg":"ES256","typ":"JWT","kid":"ec"}"#;
    for response in every_call(&emulator, &sign_es256(&EC, header, &claims)) {
        assert_eq!(response.0, 200, "{}", response.1);
    }
    // An algorithm that is not the registered key's is no way around the key.
    let crossed = sign_text(&RSA, r#"{"alg":"RS256","typ":"JWT","kid":"ec"}"#, &claims);
    invalid_client(&issue_jwt(&emulator, &crossed), "Invalid alg");
    let crossed = sign_es256(&EC, &format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{KID}"}}"#), &claims);
    invalid_client(&issue_jwt(&emulator, &crossed), "Invalid alg");
}

#[test]
fn other_audiences_can_be_accepted() {
    let emulator = builder(&TestClock::new()).accepted_audiences(["http://127.0.0.1/", "x"]).build().unwrap();
    assert_eq!(key_ids(&emulator, &assertion_with(|claims| drop(claims.insert("aud".into(), json!("x"))))).0, 200);
    invalid_client(&key_ids(&emulator, &assertion()), "Invalid aud");
}
