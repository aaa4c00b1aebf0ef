//! What a record and the debug forms tell of a request, and what they keep to themselves.

use crate::support::*;
use http::Method;
use line_channel_token_core::Operation;
use serde_json::{Value, json};

#[test]
fn records_hold_no_secret() {
    let (emulator, records) = observed();
    let short_lived = token(&issue(&emulator));
    let assertion = assertion();
    let jwt = token(&issue_jwt(&emulator, &assertion));
    verify_jwt(&emulator, &jwt);
    verify(&emulator, &short_lived);
    let late = assertion_with(|claims| drop(claims.insert("exp".into(), json!(NOW + 1900))));
    key_ids(&emulator, &late);
    issue_stateless_with_jwt(&emulator, "no.jwt.here");
    get(&emulator, &format!("/oauth2/v2.1/verify%3Faccess_token={jwt}"));
    other(&emulator, Method::PUT, "/oauth2/v3/token");

    let records = records.lock().unwrap();
    let lines: Vec<String> = records.iter().map(|record| record.to_string()).collect();
    let all = format!("{lines:?} {records:?}");
    for secret in [SECRET, &short_lived, &jwt, &assertion, &late] {
        assert!(!all.contains(secret) && !all.contains(&percent(secret)), "{all}");
    }
    let without_id = |line: &String| {
        let (before, rest) = line.split_once(" (request id ").unwrap();
        format!("{before}{}", &rest[37..])
    };
    let lines: Vec<String> = lines.iter().map(without_id).collect();
    assert_eq!(
        lines,
        [
            "POST /v2/oauth/accessToken 200 issue channel 1234567890",
            "POST /oauth2/v2.1/token 200 issue_jwt channel 1234567890",
            "GET /oauth2/v2.1/verify 200 verify_jwt channel 1234567890",
            "POST /v2/oauth/verify 200 verify channel 1234567890",
            "GET /oauth2/v2.1/tokens/kid 400 key_ids channel 1234567890: \
             the assertion's exp is 1900 s ahead; at most 1800 is allowed: \
             set it a few minutes ahead, and check the clock of the machine that signs",
            "POST /oauth2/v3/token 400 issue_stateless_with_jwt: \
             the assertion's header is not base64url without padding: encode it as base64url, and copy all of it",
            "GET /oauth2/v2.1/verify… 404: no endpoint has this path: \
             the emulator has the eight token endpoints and five of the Messaging API",
            "PUT /oauth2/v3/token 405: the endpoint takes POST",
        ]
    );
}

#[test]
fn records_quote_six_members_alone() {
    let (emulator, records) = observed();
    let long = "q".repeat(100);
    let header = |name: &str| {
        let mut header = json!({"alg": "RS256", "typ": "JWT", "kid": KID, "jku": "hidden-jku"});
        header[name] = json!(long);
        let claims = Value::Object(claims(CHANNEL, NOW));
        sign_text(&RSA, &header.to_string(), &claims.to_string())
    };
    let claim = |name: &str, value: Value| {
        assertion_with(|claims| {
            claims.insert("jti".into(), json!("hidden-jti"));
            claims.insert(name.into(), value);
        })
    };
    let quoted = ["alg", "typ", "kid"].map(header).into_iter();
    let quoted = quoted.chain(["iss", "sub", "aud"].map(|name| claim(name, json!(long))));
    for assertion in quoted {
        issue_jwt(&emulator, &assertion);
        let line = records.lock().unwrap().pop().unwrap().to_string();
        assert!(line.contains(&format!("\"{}\"…", &long[..64])), "64 characters and no more: {line}");
        assert!(!line.contains(&long[..65]) && !line.contains("hidden"), "{line}");
    }

    for name in ["exp", "nbf", "iat", "token_exp"] {
        issue_jwt(&emulator, &claim(name, json!("hidden-text")));
    }
    let by_secret = |id: &str, secret: &str| format!("client_id={id}&client_secret={secret}");
    for form in [
        format!("grant_type=hidden-grant&{}", by_secret(CHANNEL, "hidden-secret")),
        format!("grant_type=client_credentials&{}", by_secret("hidden-id", "hidden-secret")),
        format!("grant_type=client_credentials&{}", by_secret(CHANNEL, "hidden-secret")),
        "grant_type=client_credentials&client_assertion_type=hidden-type&client_assertion=hidden-jwt".to_owned(),
        format!("hidden-name=1&access_token=hidden-token&{}", by_secret(CHANNEL, &percent(SECRET))),
    ] {
        for path in ["/v2/oauth/accessToken", "/v2/oauth/verify", "/v2/oauth/revoke", "/oauth2/v3/token"] {
            post(&emulator, path, &form);
        }
        for path in ["/oauth2/v2.1/token", "/oauth2/v2.1/revoke"] {
            post(&emulator, path, &form);
        }
        for path in ["/oauth2/v2.1/verify", "/oauth2/v2.1/tokens/kid"] {
            get(&emulator, &format!("{path}?{form}"));
        }
    }
    for record in records.lock().unwrap().iter() {
        assert!(record.refusal.is_some() || record.operation == Some(Operation::Revoke), "{record}");
        assert!(!format!("{record} {record:?}").contains("hidden"), "{record:?}");
    }
}

#[test]
fn debug_forms_hold_no_secret() {
    let clock = TestClock::new();
    let builder = builder(&clock);
    assert!(!format!("{builder:?}").contains(SECRET));
    assert!(!format!("{:?}", builder.build().unwrap()).contains(SECRET));
}
