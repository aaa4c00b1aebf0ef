//! How many tokens, for how long, and whose.

use std::collections::BTreeSet;
use std::thread;

use crate::support::*;
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{EmulatedChannel, Emulator, RateLimits, TokenFamily};

const LIMIT_REACHED: &str = r#"{"message":"The maximum number of access tokens has already been issued"}"#;

fn channel() -> ChannelId {
    ChannelId::new(CHANNEL).unwrap()
}

#[test]
fn v2_1_tokens_are_limited_to_30() {
    let (emulator, clock) = emulator();
    let short = token(&issue_jwt(&emulator, &assertion_at(NOW, 60)));
    let tokens: Vec<String> = (0..29).map(|_| token(&issue_jwt(&emulator, &assertion()))).collect();
    refused(&issue_jwt(&emulator, &assertion()), 400, LIMIT_REACHED);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::Jwt), 30);

    revoke_jwt(&emulator, &tokens[7]);
    assert_eq!(issue_jwt(&emulator, &assertion()).0, 200, "a slot was freed by a revoke");
    refused(&issue_jwt(&emulator, &assertion()), 400, LIMIT_REACHED);

    clock.advance(59);
    assert_eq!(verify_jwt(&emulator, &short).0, 200);
    refused(&issue_jwt(&emulator, &assertion()), 400, LIMIT_REACHED);
    clock.advance(1);
    assert_eq!(verify_jwt(&emulator, &short).0, 400);
    assert_eq!(issue_jwt(&emulator, &assertion()).0, 200, "a slot was freed by an expiry");
    assert!(tokens.iter().enumerate().all(|(at, token)| (verify_jwt(&emulator, token).0 == 200) == (at != 7)));
}

#[test]
fn key_ids_lists_valid_tokens_alone() {
    let (emulator, clock) = emulator();
    let kid = |response: &Reply| member(response, "key_id").as_str().unwrap().to_owned();
    let kids = |emulator: &Emulator| -> BTreeSet<String> {
        let kids = member(&key_ids(emulator, &assertion()), "kids");
        kids.as_array().unwrap().iter().map(|kid| kid.as_str().unwrap().to_owned()).collect()
    };
    issue_jwt(&emulator, &assertion_at(NOW, 60));
    let revoked = issue_jwt(&emulator, &assertion());
    let kept = issue_jwt(&emulator, &assertion());
    assert_eq!(kids(&emulator).len(), 3);
    revoke_jwt(&emulator, &token(&revoked));
    clock.advance(60);
    assert_eq!(kids(&emulator), BTreeSet::from([kid(&kept)]));
}

#[test]
fn the_31st_revokes_the_oldest() {
    let (emulator, clock) = emulator();
    let tokens: Vec<String> = (0..30).map(|_| token(&issue(&emulator))).collect();
    assert!(tokens.iter().all(|token| verify(&emulator, token).0 == 200));
    token(&issue(&emulator));
    assert_eq!(verify(&emulator, &tokens[0]).0, 400);
    assert!(tokens[1..].iter().all(|token| verify(&emulator, token).0 == 200));
    revoke(&emulator, &tokens[5]);
    token(&issue(&emulator));
    assert_eq!(verify(&emulator, &tokens[1]).0, 200, "the revoked one had left a slot");
    token(&issue(&emulator));
    assert_eq!(verify(&emulator, &tokens[1]).0, 400);

    clock.advance(2_592_000);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::ShortLived), 0);
    assert_eq!(verify(&emulator, &tokens[29]).0, 400, "thirty days are over");
}

#[test]
fn limit_of_one_revokes_the_previous() {
    let emulator = builder(&TestClock::new()).max_short_lived_tokens(1).build().unwrap();
    let first = token(&issue(&emulator));
    let second = token(&issue(&emulator));
    assert_eq!((verify(&emulator, &first).0, verify(&emulator, &second).0), (400, 200));
}

#[test]
fn each_family_counts_by_itself() {
    let (emulator, _) = emulator();
    for _ in 0..30 {
        token(&issue(&emulator));
        token(&issue_jwt(&emulator, &assertion()));
    }
    for _ in 0..100 {
        token(&issue_stateless(&emulator));
    }
    for (family, live) in [(TokenFamily::ShortLived, 30), (TokenFamily::Jwt, 30), (TokenFamily::Stateless, 100)] {
        assert_eq!(emulator.live_tokens(&channel(), family), live);
    }
    refused(&issue_jwt(&emulator, &assertion()), 400, LIMIT_REACHED);
}

#[test]
fn stateless_tokens_cannot_be_revoked() {
    let (emulator, clock) = emulator();
    let token = token(&issue_stateless(&emulator));
    assert_eq!(verify_jwt(&emulator, &token).0, 400);
    assert_eq!(verify(&emulator, &token).0, 400);
    refused(&revoke_jwt(&emulator, &token), 200, "");
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::Stateless), 1, "the revoke did nothing");
    clock.advance(900);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::Stateless), 0);
}

#[test]
fn tokens_expire_by_either_clock() {
    for suspended in [true, false] {
        let (emulator, clock) = emulator();
        let short_lived = token(&issue(&emulator));
        let jwt = token(&issue_jwt(&emulator, &assertion()));
        if suspended {
            clock.advance_calendar(86_400)
        } else {
            clock.advance_and_set_back(86_400, 1000)
        }
        assert_eq!(verify_jwt(&emulator, &jwt).0, 400);
        assert_eq!(member(&verify(&emulator, &short_lived), "expires_in"), 2_592_000 - 86_400);
        if suspended {
            clock.advance_and_set_back(0, 86_400);
            assert_eq!(verify_jwt(&emulator, &jwt).0, 400, "it had expired, and stays so");
        }
    }
}

#[test]
fn expired_tokens_stay_expired() {
    const LEAP: u64 = 2_600_000;
    // What is asked while the calendar is wrong: each of these sees the expiry, and none may forget it.
    type Asked = fn(&Emulator, &str, &str);
    let asked: [(&str, Asked); 5] = [
        ("issue", |emulator, _, _| {
            token(&issue(emulator));
            token(&issue_jwt(emulator, &assertion_at(NOW + LEAP, 86_400)));
        }),
        ("verify", |emulator, short_lived, jwt| {
            assert_eq!((verify(emulator, short_lived).0, verify_jwt(emulator, jwt).0), (400, 400));
        }),
        ("revoke", |emulator, short_lived, jwt| {
            assert_eq!((revoke(emulator, short_lived).0, revoke_jwt(emulator, jwt).0), (200, 200));
        }),
        ("revoke all", |emulator, _, _| assert_eq!(emulator.revoke_all(&channel()), 0)),
        ("count", |emulator, _, _| {
            assert_eq!(emulator.live_tokens(&channel(), TokenFamily::ShortLived), 0);
        }),
    ];
    for (what, ask) in asked {
        let clock = TestClock::new();
        let emulator = builder(&clock).max_short_lived_tokens(1).build().unwrap();
        let short_lived = token(&issue(&emulator));
        let jwt = token(&issue_jwt(&emulator, &assertion()));
        clock.advance_calendar(LEAP);
        ask(&emulator, &short_lived, &jwt);
        clock.advance_and_set_back(0, LEAP);
        let issued = usize::from(what == "issue");
        for _ in 0..2 {
            assert_eq!(verify(&emulator, &short_lived).0, 400, "{what}");
            let expired = r#"{"error":"invalid_request","error_description":"The access token expired"}"#;
            refused(&verify_jwt(&emulator, &jwt), 400, expired);
            assert_eq!(emulator.live_tokens(&channel(), TokenFamily::ShortLived), issued, "{what}");
            assert_eq!(emulator.live_tokens(&channel(), TokenFamily::Jwt), issued, "{what}");
            assert_eq!(member(&key_ids(&emulator, &assertion()), "kids").as_array().unwrap().len(), issued, "{what}");
            revoke(&emulator, &short_lived);
            revoke_jwt(&emulator, &jwt);
        }
    }
}

#[test]
fn an_assertion_expires_by_the_clock() {
    let (emulator, clock) = emulator();
    let assertion = assertion();
    clock.advance(299);
    assert_eq!(key_ids(&emulator, &assertion).0, 200);
    clock.advance(1);
    invalid_client(&key_ids(&emulator, &assertion), "Invalid exp");
}

#[test]
fn two_channels_have_nothing_in_common() {
    let (emulator, _) = emulator();
    let other = ChannelId::new(OTHER_CHANNEL).unwrap();
    for _ in 0..30 {
        token(&issue_jwt(&emulator, &assertion()));
        token(&issue(&emulator));
    }
    let theirs = token(&issue_jwt(&emulator, &other_assertion()));
    assert_eq!(emulator.live_tokens(&other, TokenFamily::Jwt), 1);
    assert_eq!(emulator.live_tokens(&other, TokenFamily::ShortLived), 0);
    assert_eq!(member(&verify_jwt(&emulator, &theirs), "client_id"), OTHER_CHANNEL);
    assert_eq!(member(&key_ids(&emulator, &other_assertion()), "kids").as_array().unwrap().len(), 1);
    assert_eq!(emulator.revoke_all(&channel()), 60);
    assert_eq!(emulator.live_tokens(&channel(), TokenFamily::Jwt), 0);
    assert_eq!(verify_jwt(&emulator, &theirs).0, 200);
    let foreign = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={OTHER_SECRET}");
    invalid_client(&post(&emulator, "/v2/oauth/accessToken", &foreign), "invalid client_secret");
    assert_eq!(emulator.live_tokens(&ChannelId::new("7").unwrap(), TokenFamily::Jwt), 0);
}

#[test]
fn racing_v2_1_issues_stop_at_30() {
    let emulator = builder(&TestClock::new()).rate_limits(RateLimits::off()).build().unwrap();
    let assertion = assertion();
    let responses: Vec<Reply> = thread::scope(|scope| {
        let racers: Vec<_> = (0..64).map(|_| scope.spawn(|| issue_jwt(&emulator, &assertion))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let issued: BTreeSet<String> = responses.iter().filter(|response| response.0 == 200).map(token).collect();
    assert_eq!(issued.len(), 30);
    assert_eq!(responses.iter().filter(|response| response.1 == LIMIT_REACHED).count(), 34);
    assert_eq!(member(&key_ids(&emulator, &assertion), "kids").as_array().unwrap().len(), 30);
}

#[test]
fn keys_change_at_run_time() {
    let (emulator, _) = emulator();
    let jwt = token(&issue_jwt(&emulator, &assertion()));
    assert!(emulator.remove_key(KID));
    assert!(!emulator.remove_key(KID));
    assert_eq!(key_ids(&emulator, &assertion()).0, 404);
    assert_eq!(verify_jwt(&emulator, &jwt).0, 200, "the token outlives the key");
    emulator.register_key(&channel(), KID, rsa_jwk(&RSA)).unwrap();
    assert_eq!(key_ids(&emulator, &assertion()).0, 200);
    for (channel, kid, jwk, says) in [
        (CHANNEL, KID, rsa_jwk(&RSA), "registered already"),
        (CHANNEL, OTHER_KID, rsa_jwk(&RSA), "registered already"),
        ("7", "new", rsa_jwk(&RSA), "no channel 7"),
        (CHANNEL, "new", ec_jwk(&EC), "EC key"),
        (CHANNEL, "new", "{}".to_owned(), "cannot be registered"),
        (CHANNEL, " ", rsa_jwk(&RSA), "empty"),
    ] {
        let error = emulator.register_key(&ChannelId::new(channel).unwrap(), kid, jwk).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let clock = TestClock::new();
    let again = EmulatedChannel::new(CHANNEL, "x").unwrap();
    let same_kid = EmulatedChannel::new("3", "x").unwrap().with_key(OTHER_KID, rsa_jwk(&RSA)).unwrap();
    for (builder, says) in [
        (builder(&clock).channel(again), "two channels have the id 1234567890"),
        (builder(&clock).channel(same_kid), "two channels have a key with the kid other-kid"),
        (builder(&clock).max_short_lived_tokens(0), "max_short_lived_tokens is 0"),
        (builder(&clock).accepted_audiences([""; 0]), "audience"),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
