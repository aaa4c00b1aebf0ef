//! What only the Console can do: scopes, long-lived tokens, another secret.

use std::time::Duration;

use crate::support::*;
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{EmulatedChannel, TokenFamily};

const DAY: u64 = 86_400;

fn channel() -> ChannelId {
    ChannelId::new(CHANNEL).unwrap()
}

#[test]
fn tokens_have_their_channels_scope() {
    for (scope, member) in
        [("P", r#","scope":"P""#), ("OC P", r#","scope":"OC P""#), ("P CM", r#","scope":"P CM""#), ("", "")]
    {
        let clock = TestClock::new();
        let scoped = EmulatedChannel::new("3", "x").unwrap().with_key("third", rsa_jwk(&RSA)).unwrap();
        let emulator = builder(&clock).channel(scoped.with_scope(scope).unwrap()).build().unwrap();
        let form = "grant_type=client_credentials&client_id=3&client_secret=x";
        let short_lived = token(&post(&emulator, "/v2/oauth/accessToken", form));
        let claims = serde_json::Value::Object(claims("3", NOW)).to_string();
        let jwt = token(&issue_jwt(&emulator, &sign_text(&RSA, &header("third"), &claims)));
        let body = |expires_in: u64| format!(r#"{{"client_id":"3","expires_in":{expires_in}{member}}}"#);
        refused(&verify(&emulator, &short_lived), 200, &body(30 * DAY));
        refused(&verify_jwt(&emulator, &jwt), 200, &body(DAY));
        let unchanged = token(&issue(&emulator));
        assert_eq!(crate::support::member(&verify(&emulator, &unchanged), "scope"), "P CM", "another channel's");
    }
}

#[test]
fn long_lived_tokens_never_expire() {
    let (emulator, clock) = emulator();
    emulator.register_long_lived_token(&channel(), "any text", Duration::ZERO).unwrap_err();
    emulator.register_long_lived_token(&channel(), "any-text", Duration::ZERO).unwrap();
    for _ in 0..2 {
        assert_eq!(member(&verify(&emulator, "any-text"), "expires_in"), 3_138_007_490_u64);
        clock.advance(200 * 365 * DAY);
    }
    assert_eq!(verify_jwt(&emulator, "any-text").0, 400);
    refused(&revoke(&emulator, "any-text"), 200, "");
    assert_eq!(verify(&emulator, "any-text").0, 400);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::LongLived), 0);
}

#[test]
fn reissue_keeps_the_previous_token() {
    let (emulator, clock) = emulator();
    let register = |token: &str, hours: u64| {
        emulator.register_long_lived_token(&channel(), token, Duration::from_secs(hours * 3600))
    };
    let live = || emulator.live_tokens(&channel(), TokenFamily::LongLived);
    register("first", 24).unwrap();
    register("second", 24).unwrap();
    assert_eq!((live(), member(&verify(&emulator, "first"), "expires_in")), (2, DAY.into()));
    clock.advance(DAY - 1);
    assert_eq!((verify(&emulator, "first").0, verify(&emulator, "second").0), (200, 200));
    clock.advance(1);
    assert_eq!((verify(&emulator, "first").0, verify(&emulator, "second").0, live()), (400, 200, 1));

    register("third", 1).unwrap();
    register("fourth", 1).unwrap();
    assert_eq!(live(), 2, "the second was dropped at once, so that no three live");
    assert_eq!((verify(&emulator, "second").0, verify(&emulator, "third").0), (400, 200));
    register("fifth", 0).unwrap();
    assert_eq!((live(), verify(&emulator, "fourth").0, verify(&emulator, "fifth").0), (1, 400, 200));
    assert!(register("sixth", 25).unwrap_err().to_string().contains("25.0 h: at most 24 h"));
    assert!(register("first", 0).unwrap_err().to_string().contains("before"), "expired, and not to come back");
    assert_eq!(live(), 1, "a refused registration changes nothing");
}

#[test]
fn long_lived_tokens_count_by_themselves() {
    let clock = TestClock::new();
    let with = |id: &str, token: &str| EmulatedChannel::new(id, "x").unwrap().with_long_lived_token(token).unwrap();
    let emulator = builder(&clock).channel(with("3", "third")).max_short_lived_tokens(1).build().unwrap();
    let third = ChannelId::new("3").unwrap();
    emulator.register_long_lived_token(&channel(), "long-lived", Duration::ZERO).unwrap();
    for _ in 0..2 {
        token(&issue(&emulator));
    }
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::ShortLived), 1);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::LongLived), 1);
    assert_eq!(emulator.live_tokens(&third, TokenFamily::LongLived), 1);
    assert_eq!(emulator.revoke_all(&channel()), 2);
    assert_eq!((verify(&emulator, "long-lived").0, verify(&emulator, "third").0), (400, 200));
    let twice = builder(&clock).channel(with("3", "same")).channel(with("4", "same")).build().unwrap_err().to_string();
    assert!(twice.contains("channel 4") && !twice.contains("same"), "{twice}");
    let unknown = emulator.register_long_lived_token(&ChannelId::new("7").unwrap(), "x", Duration::ZERO);
    assert!(unknown.unwrap_err().to_string().contains("no channel 7"));
}

#[test]
fn new_secret_replaces_the_old() {
    let (emulator, _) = emulator();
    let issued = token(&issue(&emulator));
    emulator.set_channel_secret(&channel(), " n3w\n").unwrap();
    invalid_client(&issue(&emulator), "invalid client_secret");
    assert_eq!(issue_stateless(&emulator).0, 400);
    let jwt = token(&issue_jwt(&emulator, &assertion()));
    assert_eq!(revoke_jwt(&emulator, &jwt).0, 400);
    assert_eq!(revoke_jwt_as(&emulator, CHANNEL, "n3w", &jwt).0, 200);
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret=n3w");
    for path in ["/v2/oauth/accessToken", "/oauth2/v3/token"] {
        token(&post(&emulator, path, &form));
    }
    assert_eq!(verify(&emulator, &issued).0, 200, "tokens outlive the secret");
    let other = format!("grant_type=client_credentials&client_id={OTHER_CHANNEL}&client_secret={OTHER_SECRET}");
    token(&post(&emulator, "/oauth2/v3/token", &other));
    assert!(emulator.set_channel_secret(&channel(), "").is_err());
    assert!(emulator.set_channel_secret(&ChannelId::new("7").unwrap(), "x").is_err());
    assert!(!format!("{emulator:?}").contains("n3w"));
}
