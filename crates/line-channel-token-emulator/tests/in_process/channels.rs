//! Channels that come and go while the emulator runs, resets, and what of it can be seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::*;
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{
    BearerError, ChannelState, EmulatedChannel, Emulator, KeyAlgorithm, RateLimits, TokenFamily,
};

const THIRD: &str = "3000000003";

fn id(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn state(emulator: &Emulator, channel: &str) -> ChannelState {
    emulator.channel_state(&id(channel)).unwrap()
}

fn third() -> EmulatedChannel {
    EmulatedChannel::new(THIRD, "third").unwrap()
}

fn secret_form(id: &str, secret: &str) -> String {
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
}

/// One token of each family: short-lived, v2.1, stateless and long-lived.
fn one_of_each(emulator: &Emulator) -> [String; 4] {
    let long_lived = format!("long-lived-{}", token(&issue_stateless(emulator)).get(30..60).unwrap());
    emulator.register_long_lived_token(&id(CHANNEL), &long_lived, Duration::ZERO).unwrap();
    [token(&issue(emulator)), token(&issue_jwt(emulator, &assertion())), token(&issue_stateless(emulator)), long_lived]
}

#[track_caller]
fn all_are_unknown(emulator: &Emulator, tokens: &[String]) {
    for text in tokens {
        assert_eq!(bot_info(emulator, text).0, 401);
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", format!("Bearer {text}").parse().unwrap());
        assert_eq!(emulator.check_bearer(&headers), Err(BearerError::Unknown), "not expired, not revoked");
    }
}

#[test]
fn added_channels_are_served() {
    let (emulator, _) = emulator();
    assert_eq!(post(&emulator, "/oauth2/v3/token", &secret_form(THIRD, "third")).0, 400);
    let channel = third().with_key("third-kid", rsa_jwk(&RSA)).unwrap().with_long_lived_token("third+").unwrap();
    emulator.add_channel(channel).unwrap();
    token(&post(&emulator, "/oauth2/v3/token", &secret_form(THIRD, "third")));
    let claims = serde_json::Value::Object(claims(THIRD, NOW)).to_string();
    token(&issue_jwt(&emulator, &sign_text(&RSA, &header("third-kid"), &claims)));
    assert_eq!(bot_info(&emulator, "third+").0, 200);
    let ids: Vec<String> = emulator.channels().iter().map(|state| state.id.to_string()).collect();
    assert_eq!(ids, [CHANNEL, OTHER_CHANNEL, THIRD], "in the order of their addition, not of their ids");
}

#[test]
fn generated_channels_differ() {
    let emulator = Emulator::builder().build().unwrap();
    for _ in 0..20 {
        let channel = EmulatedChannel::generate().unwrap();
        emulator.add_channel(channel.clone()).unwrap();
        let form = secret_form(channel.id().as_str(), channel.secret().expose_secret());
        token(&post(&emulator, "/v2/oauth/accessToken", &form));
        assert!(!format!("{channel:?}").contains(channel.secret().expose_secret()));
    }
    assert_eq!(emulator.channels().len(), 20);
}

#[test]
fn taken_names_refuse_a_channel_whole() {
    let (emulator, _) = emulator();
    emulator.register_long_lived_token(&id(CHANNEL), "taken+", Duration::ZERO).unwrap();
    let before = emulator.channels();
    for (channel, says) in [
        (EmulatedChannel::new(CHANNEL, "x").unwrap(), "channel 1234567890 already"),
        (third().with_key("free", rsa_jwk(&RSA)).unwrap().with_key(KID, rsa_jwk(&RSA)).unwrap(), KID),
        (third().with_long_lived_token("taken+").unwrap(), "long-lived token of channel 3000000003"),
        (third().with_key("ec", ec_jwk(&EC)).unwrap(), "accept_es256"),
    ] {
        let error = emulator.add_channel(channel).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("taken+"), "{error}");
    }
    assert_eq!(emulator.channels(), before, "a part of a channel stayed");
    emulator.register_key(&id(CHANNEL), "free", rsa_jwk(&RSA)).unwrap();
}

#[test]
fn removal_forgets_tokens_for_good() {
    let (emulator, _) = emulator();
    let tokens = one_of_each(&emulator);
    let kept = token(&post(&emulator, "/oauth2/v3/token", &secret_form(OTHER_CHANNEL, OTHER_SECRET)));
    assert!(emulator.remove_channel(&id(CHANNEL)) && !emulator.remove_channel(&id(CHANNEL)));
    all_are_unknown(&emulator, &tokens);
    invalid_client(&issue(&emulator), "invalid client_id");
    assert_eq!(issue_jwt(&emulator, &assertion()).0, 404, "its key is gone");
    assert!(emulator.channel_state(&id(CHANNEL)).is_none());
    assert_eq!(emulator.live_tokens(&id(CHANNEL), TokenFamily::Jwt), 0);

    let again = EmulatedChannel::new(CHANNEL, SECRET).unwrap().with_key(KID, rsa_jwk(&RSA)).unwrap();
    emulator.add_channel(again).unwrap();
    all_are_unknown(&emulator, &tokens);
    assert_eq!(verify(&emulator, &tokens[0]).0, 400);
    assert_eq!(verify_jwt(&emulator, &tokens[1]).0, 400);
    assert_eq!(state(&emulator, CHANNEL).stateless, 0);
    one_of_each(&emulator);
    assert_eq!(bot_info(&emulator, &kept).0, 200, "another channel's");
}

#[test]
fn reset_is_as_built() {
    let clock = TestClock::new();
    let built = || {
        let channel = third().with_long_lived_token("built+").unwrap().with_scope("P").unwrap();
        builder(&clock).channel(channel).rate_limits(RateLimits::off().with_issue(1)).build().unwrap()
    };
    let emulator = built();
    let mut tokens = one_of_each(&emulator).to_vec();
    assert_eq!(issue(&emulator).0, 429);
    emulator.add_channel(EmulatedChannel::new("4", "fourth").unwrap()).unwrap();
    let added = token(&post(&emulator, "/oauth2/v3/token", &secret_form("4", "fourth")));
    tokens.push(added);
    emulator.set_channel_secret(&id(CHANNEL), "n3w").unwrap();
    assert!(emulator.remove_key(KID));
    emulator.register_key(&id(OTHER_CHANNEL), KID, rsa_jwk(&OTHER_RSA)).unwrap();
    assert!(emulator.remove_channel(&id(OTHER_CHANNEL)));
    emulator.register_long_lived_token(&id(THIRD), "later+", Duration::ZERO).unwrap();
    emulator.advance(Duration::from_secs(3600)).unwrap();
    emulator.advance_channel(&id(THIRD), Duration::from_secs(60)).unwrap();

    emulator.reset();
    assert_eq!(emulator.channels(), built().channels());
    assert_eq!(emulator.now().unix.as_secs(), NOW);
    all_are_unknown(&emulator, &tokens);
    assert_eq!(bot_info(&emulator, "later+").0, 401);
    assert_eq!(bot_info(&emulator, "built+").0, 200);
    let first_again = one_of_each(&emulator);
    assert_eq!(bot_info(&emulator, &first_again[2]).0, 200, "secret, key and bucket are back");
    all_are_unknown(&emulator, &tokens);
}

#[test]
fn channel_reset_touches_no_other() {
    let (emulator, _) = emulator();
    emulator.add_channel(third().with_long_lived_token("third+").unwrap()).unwrap();
    let tokens = one_of_each(&emulator);
    let other = token(&post(&emulator, "/oauth2/v3/token", &secret_form(OTHER_CHANNEL, OTHER_SECRET)));
    emulator.register_long_lived_token(&id(THIRD), "later+", Duration::ZERO).unwrap();
    emulator.set_channel_secret(&id(THIRD), "n3w").unwrap();
    emulator.register_key(&id(THIRD), "late", rsa_jwk(&RSA)).unwrap();
    emulator.advance(Duration::from_secs(60)).unwrap();
    emulator.advance_channel(&id(THIRD), Duration::from_secs(60)).unwrap();

    assert!(emulator.reset_channel(&id(THIRD)));
    let third = state(&emulator, THIRD);
    assert_eq!((third.keys.len(), third.tokens.len(), third.advanced), (0, 1, Duration::ZERO));
    assert_eq!((bot_info(&emulator, "third+").0, bot_info(&emulator, "later+").0), (200, 401));
    token(&post(&emulator, "/oauth2/v3/token", &secret_form(THIRD, "third")));
    for kept in tokens.iter().chain([&other]) {
        assert_eq!(bot_info(&emulator, kept).0, 200);
    }
    assert_eq!(emulator.now().unix.as_secs(), NOW + 60, "the emulator's time is not this channel's");
    assert!(emulator.reset_channel(&id(CHANNEL)));
    all_are_unknown(&emulator, &tokens);
    assert_eq!(bot_info(&emulator, &other).0, 200);
    assert!(!emulator.reset_channel(&id("7")));
    let ids: Vec<String> = emulator.channels().iter().map(|state| state.id.to_string()).collect();
    assert_eq!(ids, [CHANNEL, OTHER_CHANNEL, THIRD], "its place in the list stays");
}

#[test]
fn resets_leave_others_what_they_took() {
    let (emulator, _) = emulator();
    emulator.add_channel(third().with_key("shared-kid", rsa_jwk(&RSA)).unwrap()).unwrap();
    assert!(emulator.remove_key("shared-kid"));
    emulator.register_key(&id(CHANNEL), "shared-kid", rsa_jwk(&RSA)).unwrap();
    assert!(emulator.reset_channel(&id(THIRD)));
    assert!(state(&emulator, THIRD).keys.is_empty());
    assert_eq!(state(&emulator, CHANNEL).keys.len(), 2);
}

#[test]
fn states_show_no_secret() {
    let (emulator, clock) = emulator();
    let tokens = one_of_each(&emulator);
    clock.advance(60);
    let shown = state(&emulator, CHANNEL);
    assert_eq!(shown.keys[0].kid.as_str(), KID);
    assert_eq!(shown.keys[0].algorithm, KeyAlgorithm::Rs256);
    assert_eq!((shown.stateless, shown.max_short_lived_tokens, shown.max_jwt_tokens), (2, 30, 30));
    let families: Vec<&str> = shown.tokens.iter().map(|token| token.family.as_str()).collect();
    assert_eq!(families, ["short_lived", "jwt", "long_lived"]);
    let expiries: Vec<Option<u64>> =
        shown.tokens.iter().map(|token| token.expires_in.map(|left| left.as_secs())).collect();
    assert_eq!(expiries, [Some(30 * 86_400 - 60), Some(86_400 - 60), None]);
    assert!(shown.tokens.iter().all(|token| token.issued_at == Duration::from_secs(NOW)));
    assert_eq!(shown.tokens[1].key_id.as_ref().map(String::len), Some(22));
    assert_eq!((&shown.tokens[0].key_id, &shown.tokens[2].key_id), (&None, &None));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, tokens[0].as_bytes());
    let hex: String = digest.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown.tokens[0].fingerprint, hex);
    let debug = format!("{:?} {emulator:?}", emulator.channels());
    for secret in tokens.iter().map(String::as_str).chain([SECRET, OTHER_SECRET]) {
        assert!(!debug.contains(secret));
    }
}

#[test]
fn expired_tokens_leave_the_state() {
    let (emulator, clock) = emulator();
    one_of_each(&emulator);
    clock.advance(86_400);
    let shown = state(&emulator, CHANNEL);
    assert_eq!((shown.tokens.len(), shown.stateless), (2, 0), "the v2.1 token and both stateless ones are over");
    clock.advance(29 * 86_400);
    assert_eq!(state(&emulator, CHANNEL).tokens.len(), 1);
}

#[test]
fn requests_race_resets_and_removals() {
    let (emulator, _) = observed();
    let done = AtomicBool::new(false);
    let assertion = assertion();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut statuses = std::collections::BTreeSet::new();
                while !done.load(Ordering::Relaxed) {
                    for reply in [issue(&emulator), issue_stateless(&emulator), issue_jwt(&emulator, &assertion)] {
                        statuses.insert(reply.0);
                        if reply.0 == 200 {
                            bot_info(&emulator, &token(&reply));
                        }
                    }
                    key_ids(&emulator, &assertion);
                }
                assert!(statuses.iter().all(|status| [200, 400, 404, 429].contains(status)), "{statuses:?}");
            });
        }
        for round in 0..300 {
            match round % 4 {
                0 => emulator.reset(),
                1 => assert!(emulator.reset_channel(&id(CHANNEL))),
                2 => assert!(emulator.remove_channel(&id(CHANNEL))),
                _ => {
                    let again = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
                    emulator.add_channel(again.with_key(KID, rsa_jwk(&RSA)).unwrap()).unwrap();
                }
            }
            assert!(emulator.channels().len() <= 2);
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    emulator.reset();
    let shown = state(&emulator, CHANNEL);
    assert_eq!((shown.tokens.len(), shown.stateless), (0, 0), "no request brought anything back");
}
