//! Every refusal of the contract, byte for byte, and the invented ones.

use crate::support::*;
use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_emulator::{MAX_REQUEST_BODY, RateLimits};

const PARAMETERS: &str = r#"{"error":"invalid_request","error_description":"some parameters missed or invalid"}"#;
const NOT_JWS: &str = r#"{"error":"invalid_request","error_description":"The access token not JWS"}"#;
const MALFORMED: &str = r#"{"error":"invalid_request","error_description":"The access token malformed"}"#;
const V2_INVALID: &str = r#"{"error":"invalid_request","error_description":"access_token invalid"}"#;
const V2_FORMAT: &str = r#"{"error":"invalid_request","error_description":"access_token in invalid format"}"#;
const UNKNOWN_V2: &str = "bm90IGlzc3VlZCBoZXJl";
const UNKNOWN_JWS: &str = "eyJhbGciOiJIUzI1NiJ9.AAAA.AAAA";

#[test]
fn v2_issue() {
    let (emulator, _) = emulator();
    let secret = percent(SECRET);
    let issue = |form: &str| post(&emulator, "/v2/oauth/accessToken", form);
    let grant = "grant_type=client_credentials";
    invalid_client(&issue(&format!("{grant}&client_id=999&client_secret={secret}")), "invalid client_id");
    for wrong in ["x", &secret[..secret.len() - 3], &format!("{secret}x")] {
        let form = format!("{grant}&client_id={CHANNEL}&client_secret={wrong}");
        invalid_client(&issue(&form), "invalid client_secret");
    }
    for form in [
        String::new(),
        format!("client_id={CHANNEL}&client_secret={secret}"),
        format!("grant_type=&client_id={CHANNEL}&client_secret={secret}"),
        format!("grant_type=password&client_id={CHANNEL}&client_secret={secret}"),
        format!("{grant}&client_secret={secret}"),
        format!("{grant}&client_id=&client_secret={secret}"),
        format!("{grant}&client_id=U12&client_secret={secret}"),
        format!("{grant}&client_id={CHANNEL}"),
        format!("{grant}&client_id={CHANNEL}&client_secret="),
        format!("{grant}&{grant}&client_id={CHANNEL}&client_secret={secret}"),
        format!("{grant}&client_id={CHANNEL}&client_secret={secret}&client_secret={secret}"),
        "%%%=%&\u{0}".to_owned(),
    ] {
        refused(&issue(&form), 400, PARAMETERS);
    }
}

#[test]
fn v2_verify_and_revoke() {
    let (emulator, _) = emulator();
    let token = token(&issue(&emulator));
    refused(&verify(&emulator, UNKNOWN_V2), 400, V2_INVALID);
    refused(&revoke(&emulator, &token), 200, "");
    refused(&verify(&emulator, &token), 400, V2_INVALID);
    refused(&revoke(&emulator, &token), 200, "");
    refused(&revoke(&emulator, UNKNOWN_V2), 200, "");
    for malformed in ["", "!", "a-b_", UNKNOWN_JWS, "abc"] {
        refused(&verify(&emulator, malformed), 400, V2_FORMAT);
        refused(&revoke(&emulator, malformed), 400, r#"{"error":"invalid_request"}"#);
    }
    for form in ["", "access_token", "access_token=YQ==&access_token=YQ=="] {
        refused(&post(&emulator, "/v2/oauth/verify", form), 400, V2_FORMAT);
        refused(&post(&emulator, "/v2/oauth/revoke", form), 400, r#"{"error":"invalid_request"}"#);
    }
}

#[test]
fn unencoded_plus_is_named() {
    let (emulator, records) = observed();
    let token = token(&issue(&emulator));
    refused(&post(&emulator, "/v2/oauth/verify", &format!("access_token={token}")), 400, V2_FORMAT);
    assert!(records.lock().unwrap()[1].refusal.as_deref().unwrap().contains("%2B"));
}

#[test]
fn v3_issue() {
    let (emulator, _) = emulator();
    let secret = percent(SECRET);
    let issue = |form: &str| post(&emulator, "/oauth2/v3/token", form);
    let grant = "grant_type=client_credentials";
    let credentials = r#"{"error":"invalid_request","error_description":"Invalid 'client_credentials'."}"#;
    refused(&issue(&format!("{grant}&client_id={CHANNEL}&client_secret=x")), 400, credentials);
    refused(&issue(&format!("{grant}&client_id=999&client_secret={secret}")), 400, credentials);
    let both = r#"{"error":"invalid_request","error_description":"client_secret and client_assertion must not be sent together"}"#;
    let by_assertion = with_assertion(&assertion());
    refused(&issue(&format!("{grant}&client_id={CHANNEL}&client_secret={secret}&{by_assertion}")), 400, both);
    refused(&issue(&format!("{grant}&client_id={CHANNEL}&client_secret={secret}&client_assertion=")), 400, both);
    refused(&issue(&format!("{grant}&client_secret=&{by_assertion}")), 400, both);
    for form in [
        grant.to_owned(),
        format!("{grant}&client_id={CHANNEL}"),
        format!("{grant}&client_secret={secret}"),
        format!("client_id={CHANNEL}&client_secret={secret}"),
        format!("{grant}&client_id=&{by_assertion}"),
        format!("{grant}&client_id={CHANNEL}&client_id={CHANNEL}&{by_assertion}"),
        format!("{grant}&client_assertion={}", assertion()),
        format!("{grant}&client_assertion_type=password&client_assertion={}", assertion()),
        format!("{grant}&client_assertion_type={ASSERTION_TYPE}&client_assertion="),
        format!("{grant}&{by_assertion}&{by_assertion}"),
    ] {
        refused(&issue(&form), 400, PARAMETERS);
    }
    let grant_type =
        r#"{"error":"unsupported_grant_type","error_description":"grant_type must be client_credentials"}"#;
    refused(&issue(&format!("grant_type=password&client_id={CHANNEL}&client_secret={secret}")), 400, grant_type);
}

#[test]
fn v2_1_verify() {
    let (emulator, clock) = emulator();
    let token = token(&issue_jwt(&emulator, &assertion_at(NOW, 60)));
    let revoked = crate::support::token(&issue_jwt(&emulator, &assertion()));
    revoke_jwt(&emulator, &revoked);
    clock.advance(60);
    let body = |text: &str| format!(r#"{{"error":"invalid_request","error_description":"The access token {text}"}}"#);
    refused(&verify_jwt(&emulator, &token), 400, &body("expired"));
    refused(&verify_jwt(&emulator, &revoked), 400, &body("revoked"));
    refused(&verify_jwt(&emulator, &crate::support::token(&issue(&emulator))), 400, NOT_JWS);
    refused(&verify_jwt(&emulator, "abc"), 400, NOT_JWS);
    refused(&verify_jwt(&emulator, "a.b.c"), 400, MALFORMED);
    refused(&verify_jwt(&emulator, UNKNOWN_JWS), 400, &body("invalid"));
    refused(&verify_jwt(&emulator, &crate::support::token(&issue_stateless(&emulator))), 400, &body("invalid"));
    for query in ["", "?", "?access_token", "?access_token=", "?access_token=a&access_token=b"] {
        refused(&get(&emulator, &format!("/oauth2/v2.1/verify{query}")), 400, PARAMETERS);
    }
}

#[test]
fn v2_1_revoke() {
    let (emulator, _) = emulator();
    let token = token(&issue_jwt(&emulator, &assertion()));
    invalid_client(&revoke_jwt_as(&emulator, "999", SECRET, &token), "invalid client_id");
    invalid_client(&revoke_jwt_as(&emulator, CHANNEL, OTHER_SECRET, &token), "invalid client_secret");
    refused(&revoke_jwt(&emulator, &crate::support::token(&issue(&emulator))), 400, NOT_JWS);
    refused(&revoke_jwt(&emulator, "a.b.c"), 400, MALFORMED);
    refused(&revoke_jwt(&emulator, UNKNOWN_JWS), 200, "");
    let foreign = r#"{"error":"invalid_request","error_description":"The access token was issued to another channel"}"#;
    refused(&revoke_jwt_as(&emulator, OTHER_CHANNEL, OTHER_SECRET, &token), 400, foreign);
    assert_eq!(verify_jwt(&emulator, &token).0, 200, "still valid after all that");
    refused(&revoke_jwt(&emulator, &token), 200, "");
    refused(&revoke_jwt(&emulator, &token), 200, "");
    for form in [
        format!("client_id={CHANNEL}&client_secret={}", percent(SECRET)),
        format!("client_id={CHANNEL}&access_token={token}"),
        format!("client_secret={}&access_token={token}", percent(SECRET)),
        "access_token=".to_owned(),
    ] {
        refused(&post(&emulator, "/oauth2/v2.1/revoke", &form), 400, PARAMETERS);
    }
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let (emulator, _) = emulator();
    refused(&get(&emulator, "/"), 404, r#"{"message":"Not found"}"#);
    refused(&post(&emulator, "/oauth2/v3/tokens", ""), 404, r#"{"message":"Not found"}"#);
    for (method, path, allow) in [
        (Method::GET, "/v2/oauth/accessToken", "POST"),
        (Method::GET, "/v2/oauth/verify", "POST"),
        (Method::DELETE, "/v2/oauth/revoke", "POST"),
        (Method::OPTIONS, "/oauth2/v3/token", "POST"),
        (Method::PATCH, "/oauth2/v2.1/token", "POST"),
        (Method::POST, "/oauth2/v2.1/verify", "GET, HEAD"),
        (Method::GET, "/oauth2/v2.1/revoke", "POST"),
        (Method::PUT, "/oauth2/v2.1/tokens/kid", "GET, HEAD"),
    ] {
        let response = other(&emulator, method, path);
        refused(&read(&response), 405, r#"{"message":"Method not allowed"}"#);
        assert_eq!(response.headers()["allow"], allow, "{path}");
    }
    let send = |headers: &[(&str, &str)], body: String| {
        let mut request = Request::post("/oauth2/v3/token");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(&emulator.handle(&request.body(Bytes::from(body)).unwrap()))
    };
    let form = ("content-type", "application/x-www-form-urlencoded");
    for headers in [&[][..], &[("content-type", "application/json")], &[("content-type", "")]] {
        assert_eq!(send(headers, String::new()).0, 415);
    }
    assert_eq!(send(&[form], "a".repeat(MAX_REQUEST_BODY)).0, 400);
    assert_eq!(send(&[form], "a".repeat(MAX_REQUEST_BODY + 1)).0, 413);
    assert_eq!(send(&[form, ("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000")], String::new()).0, 400);
    let with_key = Request::get("/oauth2/v2.1/verify").header("X-Line-Retry-Key", "x").body(Bytes::new()).unwrap();
    let retry_key = r#"{"message":"The X-Line-Retry-Key header is not supported by this endpoint"}"#;
    refused(&read(&emulator.handle(&with_key)), 400, retry_key);
}

#[test]
fn rate_limits_are_per_channel_and_endpoint() {
    let clock = TestClock::new();
    let limits = RateLimits::default().with_issue(2).with_others(3);
    let emulator = builder(&clock).rate_limits(limits).build().unwrap();
    let over = r#"{"message":"The API rate limit has been exceeded. Try again later."}"#;
    for _ in 0..2 {
        assert_eq!(issue(&emulator).0, 200);
    }
    refused(&issue(&emulator), 429, over);
    let assertion = assertion();
    for _ in 0..3 {
        assert_eq!(key_ids(&emulator, &assertion).0, 200);
    }
    refused(&key_ids(&emulator, &assertion), 429, over);
    assert_eq!(issue_stateless(&emulator).0, 200, "another endpoint");
    let other = format!("/oauth2/v2.1/tokens/kid?{}", with_assertion(&other_assertion()));
    assert_eq!(get(&emulator, &other).0, 200, "another channel");
    clock.advance_millis(499);
    assert_eq!(issue(&emulator).0, 429);
    clock.advance_millis(1);
    assert_eq!(issue(&emulator).0, 200, "refilled evenly: half a second is one of two");
    assert_eq!(issue(&emulator).0, 429);
    clock.advance_and_set_back(0, 3600);
    assert_eq!(issue(&emulator).0, 429, "a calendar that is set back refills nothing");
    clock.advance_and_set_back(1, 3600);
    assert_eq!([issue(&emulator).0, issue(&emulator).0, issue(&emulator).0], [200, 200, 429], "and locks nobody out");
    clock.advance_calendar(86_400);
    assert_eq!([issue(&emulator).0, issue(&emulator).0, issue(&emulator).0], [200, 200, 429], "a leap fills it once");

    let off = builder(&clock).rate_limits(RateLimits::off()).build().unwrap();
    assert!((0..400).all(|_| issue(&off).0 == 200));
    let default = builder(&clock).build().unwrap();
    assert_eq!((0..400).filter(|_| issue(&default).0 == 200).count(), 370);
}
