//! Whole calls over TCP, without a runtime on the side of the client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

mod support;

use line_channel_token_core::{Assertion, ErrorKind};
use line_channel_token_ureq::blocking::TokenCache;
use support::{Line, channel};

#[test]
fn the_client_calls_each_operation() {
    let line = Line::start();
    let client = line.client();
    let (id, secret) = channel();
    let token = client.issue(&id, &secret).unwrap();
    assert_eq!(client.verify(token.access_token()).unwrap().channel_id(), &id);
    client.revoke(token.access_token()).unwrap();
    assert_eq!(client.verify(token.access_token()).unwrap_err().kind(), ErrorKind::InvalidToken);
    assert_eq!(client.issue_stateless(&id, &secret).unwrap().expires_in().as_secs(), 900);
    // Nobody has signed this, and each operation that takes it says so.
    let assertion = Assertion::new("e30.e30.c2ln").unwrap();
    for outcome in [
        client.issue_stateless_with_jwt(&assertion).map(drop),
        client.issue_jwt(&assertion).map(drop),
        client.key_ids(&assertion).map(drop),
        client.verify_jwt(token.access_token()).map(drop),
    ] {
        let error = outcome.unwrap_err();
        assert!(error.status().is_some_and(|status| status.is_client_error()), "{error}");
    }
    client
        .revoke_jwt(&id, &secret, client.issue_stateless(&id, &secret).unwrap().access_token())
        .map_or_else(|error| assert!(error.status().is_some(), "{error}"), |_| ());
}

#[test]
fn a_push_through_ureq_survives_a_revoked_token() {
    let line = Line::start();
    let (id, secret) = channel();
    let tokens = TokenCache::short_lived(&line.client(), id.clone(), secret);
    let url = format!("{}/v2/bot/message/push", line.base_url);
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let push = || {
        tokens.authorized(|token| {
            agent
                .post(&url)
                .header("authorization", token.access_token().header_value())
                .header("content-type", "application/json")
                .send(r#"{"to":"U4af4980629","messages":[{"type":"text","text":"Hello"}]}"#)
        })
    };
    assert_eq!(push().unwrap().unwrap().status(), 200);
    let first = tokens.token().unwrap();
    assert_eq!(line.emulator.revoke_all(&id), 1);
    assert_eq!(push().unwrap().unwrap().status(), 200);
    assert_ne!(tokens.token().unwrap().access_token().expose_secret(), first.access_token().expose_secret());
}

#[test]
fn a_wrong_secret_is_an_error_of_the_cache() {
    let line = Line::start();
    let (id, _) = channel();
    let wrong = line_channel_token_core::ChannelSecret::new("wrong").unwrap();
    let error = TokenCache::stateless(&line.client(), id, wrong).token().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidClient);
    assert!(!format!("{error:?}").contains("wrong\""), "{error:?}");
}
