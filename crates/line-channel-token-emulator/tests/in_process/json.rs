//! The JSON of states and records, with the feature `serde`.

use std::time::Duration;

use crate::support::*;
use line_channel_token_core::ChannelId;
use serde_json::{Value, json};

#[test]
fn states_have_these_members() {
    let (emulator, clock) = emulator();
    clock.advance_millis(500);
    let id = ChannelId::new(CHANNEL).unwrap();
    let jwt = issue_jwt(&emulator, &assertion());
    token(&issue_stateless(&emulator));
    emulator.register_long_lived_token(&id, "abc+/w==", Duration::ZERO).unwrap();
    emulator.advance_channel(&id, Duration::from_millis(1500)).unwrap();
    let mut shown = serde_json::to_value(emulator.channel_state(&id).unwrap()).unwrap();
    let fingerprint = shown["tokens"][0]["fingerprint"].take();
    assert_eq!(fingerprint.as_str().unwrap().len(), 8);
    let now = NOW as f64 + 0.5;
    assert_eq!(
        shown,
        json!({
            "id": CHANNEL,
            "scope": "P CM",
            "keys": [{"kid": KID, "algorithm": "RS256"}],
            "advanced_seconds": 1.5,
            "tokens": [
                {"family": "jwt", "fingerprint": null, "key_id": member(&jwt, "key_id"), "issued_at": now,
                 "expires_in": 86_398.5},
                {"family": "long_lived", "fingerprint": "3d246938", "key_id": null, "issued_at": now,
                 "expires_in": null},
            ],
            "stateless": 1,
            "max_short_lived_tokens": 30,
            "max_jwt_tokens": 30,
        })
    );
}

#[test]
fn records_have_these_members() {
    let (emulator, records) = observed();
    issue_jwt(&emulator, &assertion_with(|claims| drop(claims.insert("aud".to_owned(), json!("x")))));
    get(&emulator, "/nowhere");
    let mut shown = serde_json::to_value(&*records.lock().unwrap()).unwrap();
    for record in shown.as_array_mut().unwrap() {
        assert_eq!(record["request_id"].take().as_str().unwrap().len(), 36);
        assert!(record["refusal"].take().is_string());
    }
    assert_eq!(
        shown,
        json!([
            {"time": NOW as f64, "method": "POST", "path": "/oauth2/v2.1/token", "operation": "issue_jwt",
             "channel_id": CHANNEL, "status": 400, "request_id": Value::Null, "refusal": Value::Null, "warnings": [],
             "fault": null},
            {"time": NOW as f64, "method": "GET", "path": "/nowhere", "operation": null, "channel_id": null,
             "status": 404, "request_id": null, "refusal": null, "warnings": [], "fault": null},
        ])
    );
}

#[test]
fn inspections_have_these_members() {
    let (emulator, _) = emulator();
    let pasted = assertion_with(|claims| drop(claims.insert("aud".to_owned(), json!("x"))));
    let mut shown = serde_json::to_value(emulator.inspect(&pasted)).unwrap();
    let findings = shown["findings"].take();
    let aud = findings.as_array().unwrap().iter().find(|finding| finding["rule"] == "aud");
    assert_eq!(
        aud.unwrap(),
        &json!({"rule": "aud", "verdict": "violation", "message": "aud is \"x\"", "advice": "accepted is https://api.line.me/"})
    );
    let claims = pasted.split('.').nth(1).unwrap().to_owned();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    assert_eq!(
        shown,
        json!({"subject": "assertion", "is_accepted": false, "header": header(KID), "claims": String::from_utf8(claims).unwrap(),
               "token": null, "findings": null})
    );
    let jwt = issue_jwt(&emulator, &assertion());
    let mut shown = serde_json::to_value(emulator.inspect(&token(&jwt))).unwrap();
    assert_eq!(shown["token"]["fingerprint"].take().as_str().unwrap().len(), 8);
    assert_eq!(
        shown["token"],
        json!({"family": "jwt", "status": "live", "channel_id": CHANNEL, "fingerprint": null,
               "key_id": member(&jwt, "key_id"), "expires_in": 86_400})
    );
}
