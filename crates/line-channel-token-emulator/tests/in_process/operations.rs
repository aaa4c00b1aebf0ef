//! The eight endpoints on their good days, and how leniently a request is read.

use crate::support::*;
use bytes::Bytes;
use futures_executor::block_on;
use http::{Method, Request};
use line_channel_token_core::{ChannelId, ChannelSecret, Client, HttpBackend, Limits, TransportErrorKind};
use line_channel_token_emulator::TokenFamily;

#[test]
fn short_lived_token_round_trip() {
    let (emulator, clock) = emulator();
    let issued = issue(&emulator);
    let token = token(&issued);
    assert_eq!(issued.1, format!(r#"{{"access_token":"{token}","expires_in":2592000,"token_type":"Bearer"}}"#));
    assert_eq!(token.len(), 172);
    assert!(token.contains('+') && token.contains('/') && token.ends_with('='));
    clock.advance(10);
    let verified = verify(&emulator, &token);
    refused(&verified, 200, &format!(r#"{{"client_id":"{CHANNEL}","expires_in":2591990,"scope":"P CM"}}"#));
    refused(&revoke(&emulator, &token), 200, "");
    assert_eq!(verify(&emulator, &token).0, 400);
}

#[test]
fn stateless_needs_secret_or_assertion() {
    let (emulator, _) = emulator();
    for issued in [issue_stateless(&emulator), issue_stateless_with_jwt(&emulator, &assertion())] {
        let token = token(&issued);
        assert_eq!(issued.1, format!(r#"{{"token_type":"Bearer","access_token":"{token}","expires_in":900}}"#));
        assert!(token.starts_with("eyJ") && token.split('.').count() == 3);
    }
}

#[test]
fn v2_1_token_round_trip() {
    let (emulator, clock) = emulator();
    let issued = issue_jwt(&emulator, &assertion());
    let token = token(&issued);
    let key_id = member(&issued, "key_id").as_str().unwrap().to_owned();
    assert_eq!(
        issued.1,
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":86400,"key_id":"{key_id}"}}"#)
    );
    assert!(token.starts_with("eyJ") && token.split('.').count() == 3);
    assert!(key_id.len() == 22 && key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    clock.advance_millis(1500);
    let verified = verify_jwt(&emulator, &token);
    refused(&verified, 200, &format!(r#"{{"client_id":"{CHANNEL}","expires_in":86398,"scope":"P CM"}}"#));
    refused(&key_ids(&emulator, &assertion()), 200, &format!(r#"{{"kids":["{key_id}"]}}"#));
    refused(&revoke_jwt(&emulator, &token), 200, "");
    refused(&key_ids(&emulator, &assertion()), 200, r#"{"kids":[]}"#);
}

#[test]
fn one_assertion_serves_several_calls() {
    let (emulator, _) = emulator();
    let assertion = assertion();
    let first = token(&issue_jwt(&emulator, &assertion));
    let second = token(&issue_jwt(&emulator, &assertion));
    assert_ne!(first, second);
    assert_eq!(member(&key_ids(&emulator, &assertion), "kids").as_array().unwrap().len(), 2);
}

#[test]
fn field_order_and_spaces_are_free() {
    let (emulator, _) = emulator();
    let secret = percent(SECRET);
    for form in [
        format!("client_secret={secret}&client_id={CHANNEL}&grant_type=client_credentials"),
        format!("state=a+b%20c&x=1&x=1&client_secret={secret}&grant_type=client_credentials&client_id={CHANNEL}&y"),
        format!("&&grant_type=client%5Fcredentials&client_id={CHANNEL}&client_secret={secret}&"),
    ] {
        token(&post(&emulator, "/v2/oauth/accessToken", &form));
        token(&post(&emulator, "/oauth2/v3/token", &form));
    }
}

#[test]
fn doubled_slashes_and_absolute_uris_work() {
    let (emulator, _) = emulator();
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    for path in ["//oauth2/v3/token", "https://api.line.me/oauth2/v3/token", "http://127.0.0.1:1//oauth2/v3/token"] {
        token(&post(&emulator, path, &form));
    }
    assert_eq!(post(&emulator, "/oauth2/v3/token/", &form).0, 404);
}

#[test]
fn charset_and_authorization_are_ignored() {
    let (emulator, _) = emulator();
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let request = Request::post("/oauth2/v3/token")
        .header("content-type", "Application/x-www-form-urlencoded; charset=utf-8")
        .header("authorization", "Basic Zm9vOmJhcg==")
        .body(Bytes::from(form))
        .unwrap();
    assert_eq!(emulator.handle(&request).status(), 200);
}

#[test]
fn head_has_headers_alone() {
    let (emulator, _) = emulator();
    let token = token(&issue_jwt(&emulator, &assertion()));
    let path = format!("/oauth2/v2.1/verify?access_token={token}");
    let full = other(&emulator, Method::GET, &path);
    let head = other(&emulator, Method::HEAD, &path);
    assert_eq!(head.status(), 200);
    assert!(head.body().is_empty());
    assert_eq!(head.headers()["content-length"], full.body().len().to_string());
    let head = other(&emulator, Method::HEAD, "/oauth2/v3/token");
    assert_eq!((head.status().as_u16(), head.body().len()), (405, 0));
}

#[test]
fn backend_runs_under_any_executor() {
    let (emulator, _) = emulator();
    let request = || {
        let path = format!("https://api.line.me/oauth2/v2.1/tokens/kid?{}", with_assertion(&assertion()));
        Request::get(path).body(Bytes::new()).unwrap()
    };
    let response = block_on(emulator.send(request(), Limits::default())).unwrap();
    assert_eq!(read(&response), (200, r#"{"kids":[]}"#.to_owned()));
    let error = block_on(emulator.send(request(), Limits::default().with_max_body(5))).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::BodyTooLarge);
}

#[test]
fn backend_shares_the_emulators_tokens() {
    let (emulator, clock) = emulator();
    let id = ChannelId::new(CHANNEL).unwrap();
    let secret = ChannelSecret::new(SECRET).unwrap();
    let client = Client::new(emulator.backend());
    block_on(client.issue(&id, &secret)).unwrap();
    assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 1);
    clock.advance(2_592_000);
    assert_eq!(emulator.backend().live_tokens(&id, TokenFamily::ShortLived), 0);
}
