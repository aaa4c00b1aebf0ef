//! Time that a test moves, for all channels and for one.

use std::time::Duration;

use crate::support::*;
use http::{Method, Request};
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{BearerError, Emulator, RateLimits, TokenFamily};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: u64 = 86_400;

fn id(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn other_stateless(emulator: &Emulator) -> String {
    let form = format!("grant_type=client_credentials&client_id={OTHER_CHANNEL}&client_secret={OTHER_SECRET}");
    token(&post(emulator, "/oauth2/v3/token", &form))
}

fn bearer(emulator: &Emulator, token: &str) -> Result<ChannelId, BearerError> {
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    emulator.check_bearer(&headers)
}

#[test]
fn everything_follows_the_emulators_time() {
    let (emulator, clock) = emulator();
    let stateless = [token(&issue_stateless(&emulator)), other_stateless(&emulator)];
    let short_lived = token(&issue(&emulator));
    emulator.advance(Duration::from_secs(899)).unwrap();
    assert_eq!(member(&verify(&emulator, &short_lived), "expires_in"), 30 * DAY - 899);
    assert_eq!((bot_info(&emulator, &stateless[0]).0, bot_info(&emulator, &stateless[1]).0), (200, 200));
    emulator.advance(Duration::from_secs(1)).unwrap();
    for token in &stateless {
        assert_eq!(bearer(&emulator, token), Err(BearerError::Expired));
    }
    invalid_client(&issue_jwt(&emulator, &assertion()), "Invalid exp");
    let issued = token(&issue_jwt(&emulator, &assertion_at(NOW + 900, 60)));
    assert_eq!((emulator.now().unix.as_secs(), clock.unix()), (NOW + 900, NOW), "the clock itself is not touched");
    clock.advance(30);
    assert_eq!(member(&verify_jwt(&emulator, &issued), "expires_in"), 30, "and time goes on by it");
}

#[test]
fn one_channels_time_is_its_own() {
    let (emulator, _) = emulator();
    let mine = token(&issue_stateless(&emulator));
    let short_lived = token(&issue(&emulator));
    let jwt = token(&issue_jwt(&emulator, &assertion_at(NOW, 3600)));
    let others = other_stateless(&emulator);
    emulator.advance_channel(&id(CHANNEL), Duration::from_secs(900)).unwrap();
    assert_eq!((bot_info(&emulator, &mine).0, bot_info(&emulator, &others).0), (401, 200));
    assert_eq!(
        (bearer(&emulator, &mine), bearer(&emulator, &others)),
        (Err(BearerError::Expired), Ok(id(OTHER_CHANNEL)))
    );
    assert_eq!(emulator.live_tokens(&id(CHANNEL), TokenFamily::Stateless), 0);
    assert_eq!(emulator.live_tokens(&id(OTHER_CHANNEL), TokenFamily::Stateless), 1);
    assert_eq!(member(&verify(&emulator, &short_lived), "expires_in"), 30 * DAY - 900);
    assert_eq!(member(&verify_jwt(&emulator, &jwt), "expires_in"), 2700);
    invalid_client(&issue_stateless_with_jwt(&emulator, &assertion()), "Invalid exp");
    assert_eq!(issue_stateless_with_jwt(&emulator, &other_assertion()).0, 200);
    assert_eq!(issue_stateless_with_jwt(&emulator, &assertion_at(NOW + 900, 60)).0, 200);
    emulator.advance(Duration::from_secs(2700)).unwrap();
    refused(
        &verify_jwt(&emulator, &jwt),
        400,
        r#"{"error":"invalid_request","error_description":"The access token expired"}"#,
    );
    assert_eq!(emulator.now().unix.as_secs(), NOW + 2700);
    assert_eq!(emulator.channel_state(&id(CHANNEL)).unwrap().advanced, Duration::from_secs(900));
}

#[test]
fn replaced_tokens_end_by_their_channels_time() {
    let (emulator, _) = emulator();
    for token in ["first", "second"] {
        emulator.register_long_lived_token(&id(CHANNEL), token, MINUTE).unwrap();
    }
    emulator.advance_channel(&id(OTHER_CHANNEL), MINUTE).unwrap();
    assert_eq!(bot_info(&emulator, "first").0, 200);
    emulator.advance_channel(&id(CHANNEL), MINUTE).unwrap();
    assert_eq!((bot_info(&emulator, "first").0, bot_info(&emulator, "second").0), (401, 200));
}

#[test]
fn buckets_are_refilled_by_advancing() {
    let emulator = builder(&TestClock::new()).rate_limits(RateLimits::off().with_others(1)).build().unwrap();
    let statuses = |emulator: &Emulator| (issue_stateless(emulator).0, issue_stateless(emulator).0);
    assert_eq!(statuses(&emulator), (200, 429));
    emulator.advance_channel(&id(OTHER_CHANNEL), MINUTE).unwrap();
    assert_eq!(issue_stateless(&emulator).0, 429);
    emulator.advance_channel(&id(CHANNEL), Duration::from_secs(1)).unwrap();
    assert_eq!(statuses(&emulator), (200, 429));
    emulator.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(statuses(&emulator), (200, 429));
}

#[test]
fn dates_are_those_of_the_channel() {
    let (emulator, _) = emulator();
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let date = |form: &str| {
        let request = Request::post("/oauth2/v3/token").header("content-type", "application/x-www-form-urlencoded");
        let response = emulator.handle(&request.body(form.to_owned().into()).unwrap());
        response.headers()["date"].to_str().unwrap().to_owned()
    };
    assert_eq!(date(&form), "Mon, 21 Sep 2026 14:13:20 GMT");
    emulator.advance_channel(&id(CHANNEL), MINUTE).unwrap();
    assert_eq!((&*date(&form), &*date("")), ("Mon, 21 Sep 2026 14:14:20 GMT", "Mon, 21 Sep 2026 14:13:20 GMT"));
    emulator.advance(MINUTE).unwrap();
    assert_eq!(date(&form), "Mon, 21 Sep 2026 14:15:20 GMT");
    let nowhere = other(&emulator, Method::GET, "/nowhere");
    assert_eq!(nowhere.headers()["date"], "Mon, 21 Sep 2026 14:14:20 GMT");
}

#[test]
fn clients_have_the_emulators_time() {
    let (emulator, clock) = emulator();
    let client = emulator.client();
    let before = client.clock().now();
    emulator.advance(MINUTE).unwrap();
    emulator.advance_channel(&id(CHANNEL), MINUTE).unwrap();
    assert_eq!(client.clock().now(), emulator.now());
    assert_eq!(client.clock().now().since(before), MINUTE, "not that of one channel");
    clock.advance(1);
    let advanced = client.clock().now();
    emulator.reset();
    let reset = client.clock().now();
    assert_eq!(reset.unix.as_secs(), NOW + 1);
    assert_eq!(reset.monotonic, advanced.monotonic, "a monotonic clock does not go back");
    assert_eq!(client.clock().now_coarse(), reset);
}

#[test]
fn time_ends_with_the_year_9999() {
    let (emulator, _) = emulator();
    let left = Duration::from_secs(253_402_300_799 - NOW);
    let before = emulator.now();
    for by in [left + Duration::from_secs(1), Duration::MAX] {
        let error = emulator.advance(by).unwrap_err().to_string();
        assert!(error.contains("year 9999"), "{error}");
        let error = emulator.advance_channel(&id(CHANNEL), by).unwrap_err().to_string();
        assert!(error.contains("year 9999"), "{error}");
    }
    assert_eq!(emulator.now(), before, "a refused advance moves nothing");
    emulator.advance_channel(&id(CHANNEL), MINUTE).unwrap();
    emulator.advance(left).unwrap_err();
    emulator.advance(left - MINUTE).unwrap();
    emulator.advance_channel(&id(CHANNEL), Duration::from_nanos(1)).unwrap_err();
    emulator.advance_channel(&id(OTHER_CHANNEL), MINUTE).unwrap();
    token(&issue(&emulator));
    emulator.advance(Duration::from_nanos(1)).unwrap_err();
    emulator.advance(Duration::ZERO).unwrap();
    emulator.reset();
    emulator.advance(left).unwrap();
    let unknown = emulator.advance_channel(&id("7"), MINUTE).unwrap_err().to_string();
    assert!(unknown.contains("no channel 7"), "{unknown}");
}
