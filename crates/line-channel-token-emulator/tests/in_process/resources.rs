//! The side on which access tokens are used.

use std::time::Duration;

use crate::support::*;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request};
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{BearerError, EmulatedChannel, Emulator, RateLimits};
use serde_json::{Value, json};

const INVALID_TOKEN: &str = r#"{"message":"Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header is valid."}"#;
const PUSH: &str = "/v2/bot/message/push";

fn check(emulator: &Emulator, token: &str) -> Result<ChannelId, BearerError> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap());
    emulator.check_bearer(&headers)
}

#[test]
fn every_family_is_accepted_until_its_end() {
    let (emulator, clock) = emulator();
    let channel = ChannelId::new(CHANNEL).unwrap();
    emulator.register_long_lived_token(&channel, "long-lived", Duration::ZERO).unwrap();
    let short_lived = token(&issue(&emulator));
    let jwt = token(&issue_jwt(&emulator, &assertion_at(NOW, 60)));
    let stateless = token(&issue_stateless(&emulator));
    let by_assertion = token(&issue_stateless_with_jwt(&emulator, &assertion()));
    let all = [&*short_lived, &jwt, &stateless, &by_assertion, "long-lived"];
    for token in all {
        assert_eq!(check(&emulator, token), Ok(channel.clone()));
        assert_eq!(bot_info(&emulator, token).0, 200);
    }
    for (seconds, expired) in
        [(59, &[][..]), (1, &[&*jwt]), (840, &[&stateless, &by_assertion]), (2_600_000, &[&*short_lived])]
    {
        clock.advance(seconds);
        for token in expired {
            assert_eq!(check(&emulator, token), Err(BearerError::Expired), "after {seconds} more seconds");
            refused(&bot_info(&emulator, token), 401, INVALID_TOKEN);
        }
        assert_eq!(check(&emulator, "long-lived"), Ok(channel.clone()));
    }
    clock.advance_and_set_back(0, 2_600_900);
    for token in all.into_iter().filter(|token| *token != "long-lived") {
        assert_eq!(check(&emulator, token), Err(BearerError::Expired), "expired for good");
    }
}

#[test]
fn expired_stateless_tokens_stay_expired() {
    let (emulator, clock) = emulator();
    let seen = token(&issue_stateless(&emulator));
    let unseen = token(&issue_stateless(&emulator));
    clock.advance_calendar(900);
    assert_eq!(check(&emulator, &seen), Err(BearerError::Expired));
    clock.advance_and_set_back(0, 900);
    assert_eq!(check(&emulator, &seen), Err(BearerError::Expired));
    assert!(check(&emulator, &unseen).is_ok(), "nobody has seen this one expired");
    clock.advance_and_set_back(900, 500);
    assert_eq!(check(&emulator, &unseen), Err(BearerError::Expired), "its time has passed, whatever the calendar says");
}

#[test]
fn revoked_and_foreign_tokens_are_refused() {
    let (emulator, _) = emulator();
    let short_lived = token(&issue(&emulator));
    let jwt = token(&issue_jwt(&emulator, &assertion()));
    revoke(&emulator, &short_lived);
    revoke_jwt(&emulator, &jwt);
    let foreign = token(&issue_stateless(&builder(&TestClock::new()).build().unwrap()));
    for (token, error) in [
        (&*short_lived, BearerError::Revoked),
        (&jwt, BearerError::Revoked),
        (&foreign, BearerError::Unknown),
        ("nonsense", BearerError::Unknown),
    ] {
        assert_eq!(check(&emulator, token), Err(error));
        refused(&bot_info(&emulator, token), 401, INVALID_TOKEN);
    }
    let capped = builder(&TestClock::new()).max_short_lived_tokens(1).build().unwrap();
    let first = crate::support::token(&issue(&capped));
    issue(&capped);
    assert_eq!(check(&capped, &first), Err(BearerError::Revoked), "silently, by the one after it");
}

#[test]
fn a_401_has_lines_words() {
    let (emulator, _) = emulator();
    let required = r#"{"message":"Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'"}"#;
    for (header, body, challenge) in [
        (None, required, "Bearer"),
        (Some("token"), required, "Bearer"),
        (Some("Bearer "), required, "Bearer"),
        (Some("Basic Zm9vOmJhcg=="), required, "Bearer"),
        (Some("Bearer old"), INVALID_TOKEN, r#"Bearer error="invalid_token", error_description="invalid token""#),
    ] {
        let mut request = Request::post(PUSH);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let request = request.body(Bytes::from("{}")).unwrap();
        let handled = emulator.handle(&request);
        let made = emulator.check_bearer(request.headers()).unwrap_err().to_response();
        for response in [handled, made] {
            refused(&read(&response), 401, body);
            assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
        }
    }
}

#[test]
fn valid_tokens_get_messaging_responses() {
    let (emulator, _) = emulator();
    let token = token(&issue_stateless(&emulator));
    let info: Value = serde_json::from_str(&bot_info(&emulator, &token).1).unwrap();
    let names: Vec<&String> = info.as_object().unwrap().keys().collect();
    assert_eq!(names, ["basicId", "chatMode", "displayName", "markAsReadMode", "userId"]);
    assert_eq!(info, serde_json::from_str::<Value>(&bot_info(&emulator, &token).1).unwrap(), "the same each time");
    assert_eq!(info["userId"].as_str().unwrap().len(), 33);

    let post = |path: &str, body: &str| read(&with_bearer(&emulator, Method::POST, path, &token, body));
    let text = json!({"type": "text", "text": "hi"});
    let body = json!({"to": "U1", "messages": [text, text]}).to_string();
    for path in [PUSH, "/v2/bot/message/reply"] {
        let sent = member(&post(path, &body), "sentMessages");
        let ids: Vec<&str> = sent.as_array().unwrap().iter().map(|sent| sent["id"].as_str().unwrap()).collect();
        assert!(ids.len() == 2 && ids[0] != ids[1] && ids[0].bytes().all(|byte| byte.is_ascii_digit()), "{ids:?}");
        assert!(sent[0]["quoteToken"].as_str().is_some());
        refused(&post(path, "not JSON"), 200, r#"{"sentMessages":[]}"#);
    }
    for path in ["/v2/bot/message/multicast", "//v2/bot/message/broadcast"] {
        refused(&post(path, &body), 200, "{}");
    }
}

#[test]
fn retry_key_is_allowed_on_resources() {
    let limits = RateLimits::default().with_others(1);
    let emulator = builder(&TestClock::new()).rate_limits(limits).build().unwrap();
    let token = token(&issue_stateless(&emulator));
    let request = Request::post(PUSH)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000")
        .body(Bytes::from("{}"))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(emulator.handle(&request).status(), 200, "and no rate applies here");
    }
    let response = with_bearer(&emulator, Method::GET, PUSH, &token, "");
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &HeaderValue::from_static("POST")));
    assert_eq!(with_bearer(&emulator, Method::POST, "/v2/bot/info", &token, "").status(), 405);
    assert_eq!(with_bearer(&emulator, Method::HEAD, "/v2/bot/info", &token, "").status(), 200);
    assert_eq!(with_bearer(&emulator, Method::POST, PUSH, &token, &"a".repeat(2_000_001)).status(), 413);
    assert_eq!(with_bearer(&emulator, Method::GET, "/v2/bot/profile/U1", &token, "").status(), 404);
}

#[test]
fn resource_records_hold_no_token() {
    let (emulator, records) = observed();
    let jwt = token(&issue_jwt(&emulator, &assertion()));
    bot_info(&emulator, &jwt);
    revoke_jwt(&emulator, &jwt);
    bot_info(&emulator, &jwt);
    bot_info(&emulator, "hidden");
    let records = records.lock().unwrap();
    let lines: Vec<String> = records.iter().map(|record| format!("{record} {record:?}")).collect();
    assert!(lines[1].starts_with("GET /v2/bot/info 200 channel 1234567890 (request id "), "{}", lines[1]);
    assert!(lines[3].starts_with("GET /v2/bot/info 401 channel 1234567890 (request id "), "{}", lines[3]);
    assert!(lines[3].contains("was revoked") && lines[4].contains("not issued here"), "{lines:?}");
    assert!(records[3].operation.is_none());
    for line in &lines {
        assert!(!line.contains(&jwt) && !line.contains("hidden"), "{line}");
    }
}

#[test]
fn channels_are_distinguished() {
    let clock = TestClock::new();
    let third = EmulatedChannel::new("3", "x").unwrap().with_long_lived_token("third").unwrap();
    let emulator = builder(&clock).channel(third).build().unwrap();
    let form = format!("grant_type=client_credentials&client_id={OTHER_CHANNEL}&client_secret={OTHER_SECRET}");
    let other = token(&post(&emulator, "/oauth2/v3/token", &form));
    assert_eq!(check(&emulator, &other).unwrap().as_str(), OTHER_CHANNEL);
    assert_eq!(check(&emulator, "third").unwrap().as_str(), "3");
    assert_ne!(bot_info(&emulator, &other).1, bot_info(&emulator, "third").1);
}
