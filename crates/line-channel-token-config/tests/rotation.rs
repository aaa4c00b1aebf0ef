//! Files of credentials that are replaced while the program runs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{CachedToken, Shutdown};
use line_channel_token_config::{Channel, ChannelConfig, ChannelConfigs};
use line_channel_token_core::{ChannelId, ErrorKind, Operation};
use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
use line_channel_token_mock::ManualClock;
use support::{ID, KID, Mount, NEXT_KID, NEXT_SECRET, SECRET, given_key, key, pem};

/// LINE, on a clock that a test moves.
struct Line {
    emulator: Emulator,
    clock: ManualClock,
    /// Which assertions and secrets were refused, and why.
    calls: Arc<Mutex<Vec<String>>>,
}

impl Line {
    fn new() -> Self {
        let clock = ManualClock::new();
        let channel = EmulatedChannel::new(ID, SECRET).unwrap().with_key(KID, key(0).public_jwk().to_json()).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&calls);
        let emulator = Emulator::builder().channel(channel).clock(Arc::new(clock.clone()));
        let emulator = emulator.on_request(move |record| log.lock().unwrap().push(record.to_string())).build().unwrap();
        Self { emulator, clock, calls }
    }

    fn id(&self) -> ChannelId {
        ChannelId::new(ID).unwrap()
    }

    fn channel(&self, vars: &[(&str, &str)]) -> Channel {
        let id = [("LINE_CHANNEL_ID", ID)];
        ChannelConfig::from_vars(id.iter().chain(vars).copied()).unwrap().build_with(self.emulator.client()).unwrap()
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

async fn accepted(channel: &Channel) -> Arc<CachedToken> {
    let token = channel.tokens.token().await.unwrap();
    assert!(token.header_value().to_str().unwrap().starts_with("Bearer "));
    token
}

#[tokio::test]
async fn a_secret_that_was_swapped_is_used_for_the_next_token() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET)]);
    let path = mount.path("secret");
    let channel = line.channel(&[("LINE_CHANNEL_SECRET_FILE", path.to_str().unwrap())]);
    let first = accepted(&channel).await;

    line.emulator.set_channel_secret(&line.id(), NEXT_SECRET).unwrap();
    mount.swap(&[("secret", NEXT_SECRET)]);
    assert_eq!(accepted(&channel).await.header_value(), first.header_value(), "it is valid until it expires");
    line.clock.advance(Duration::from_secs(901));
    let second = accepted(&channel).await;
    assert_ne!(second.header_value(), first.header_value());

    line.emulator.set_channel_secret(&line.id(), SECRET).unwrap();
    mount.swap(&[("secret", SECRET)]);
    channel.tokens.invalidate(&second);
    accepted(&channel).await;
    assert_eq!(line.calls(), 3, "each token took one call");
}

#[tokio::test]
async fn a_key_and_its_kid_are_swapped_together() {
    let line = Line::new();
    let mut mount = Mount::new(&[("key", &pem(0)), ("kid", KID)]);
    let (key_file, kid_file) = (mount.path("key"), mount.path("kid"));
    let files = [
        ("LINE_ASSERTION_KEY_FILE", key_file.to_str().unwrap()),
        ("LINE_ASSERTION_KID_FILE", kid_file.to_str().unwrap()),
    ];
    let channel = line.channel(&[&files[..], &[("LINE_TOKEN_FAMILY", "jwt"), ("LINE_TOKEN_LIFETIME", "1d")]].concat());
    let first = accepted(&channel).await;
    assert_eq!(first.expires_in().unwrap().as_secs(), 86_400);

    line.emulator.register_key(&line.id(), NEXT_KID, key(1).public_jwk().to_json()).unwrap();
    mount.swap(&[("key", &pem(1)), ("kid", NEXT_KID)]);
    assert!(line.emulator.remove_key(KID));
    channel.tokens.invalidate(&first);
    let second = accepted(&channel).await;
    assert_ne!(second.header_value(), first.header_value());
    assert!(channel.client.verify_jwt(second.access_token()).await.is_ok());
    assert!(channel.tokens.reconcile().await.is_ok(), "the listing is signed with the new key as well");
}

#[tokio::test]
async fn a_jwk_brings_its_kid_when_it_is_swapped() {
    let line = Line::new();
    let jwk = |kid: &str| {
        let mut jwk: serde_json::Value = serde_json::from_slice(&given_key("rfc7515-a2.jwk")).unwrap();
        jwk["kid"] = kid.into();
        jwk.to_string()
    };
    let public = line_channel_token_assertion::SigningKey::parse(jwk(KID)).unwrap().public_jwk().to_json();
    line.emulator.register_key(&line.id(), NEXT_KID, &public).unwrap();
    let mut mount = Mount::new(&[("jwk", &pem(0))]);
    let path = mount.path("jwk");
    mount.swap(&[("jwk", &jwk(NEXT_KID))]);
    let channel = line.channel(&[("LINE_ASSERTION_KEY_FILE", path.to_str().unwrap())]);
    let token = accepted(&channel).await;

    line.emulator.remove_key(NEXT_KID);
    line.emulator.register_key(&line.id(), "third", &public).unwrap();
    mount.swap(&[("jwk", &jwk("third"))]);
    channel.tokens.invalidate(&token);
    accepted(&channel).await;
}

#[tokio::test]
async fn a_file_that_is_broken_at_the_moment_costs_no_valid_token() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET)]);
    let path = mount.path("secret");
    let channel = line.channel(&[("LINE_CHANNEL_SECRET_FILE", path.to_str().unwrap())]);
    let first = accepted(&channel).await;
    // Callers wait for the next one from here on.
    line.clock.advance(Duration::from_secs(885));
    for (content, says, seconds) in
        [("", "the file is empty", 1), ("<SECRET>", "placeholder", 2), ("s3cret\nrest", "white space", 300)]
    {
        mount.swap(&[("secret", content)]);
        assert_eq!(accepted(&channel).await.header_value(), first.header_value(), "it is served meanwhile");
        let error = channel.tokens.status().last_error.unwrap();
        assert_eq!(error.kind(), ErrorKind::TemporarilyUnavailable);
        assert!(error.to_string().contains(says) && !error.to_string().contains("s3cret"), "{error}");
        line.clock.advance(Duration::from_secs(seconds));
    }
    let error = channel.tokens.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemporarilyUnavailable);
    let text = error.to_string();
    assert!(
        text.contains("LINE_CHANNEL_SECRET_FILE")
            && text.contains(path.to_str().unwrap())
            && text.contains("white space"),
        "{text}"
    );
    assert_eq!(line.calls(), 1, "no call was made without a secret");

    std::fs::remove_file(mount.root.join("..data")).unwrap();
    line.clock.advance(Duration::from_secs(60));
    let error = channel.tokens.token().await.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");

    mount.swap(&[("secret", SECRET)]);
    line.clock.advance(Duration::from_secs(60));
    accepted(&channel).await;
}

#[tokio::test]
async fn a_file_that_is_replaced_late_is_seen_within_a_minute() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET)]);
    let path = mount.path("secret");
    let channel = line.channel(&[("LINE_CHANNEL_SECRET_FILE", path.to_str().unwrap())]);
    let first = accepted(&channel).await;
    line.emulator.set_channel_secret(&line.id(), NEXT_SECRET).unwrap();
    channel.tokens.invalidate(&first);
    for _ in 0..10 {
        let error = channel.tokens.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidClient, "{error}");
        line.clock.advance(Duration::from_secs(61));
    }
    assert_eq!(line.calls(), 11, "one call a minute");
    mount.swap(&[("secret", NEXT_SECRET)]);
    accepted(&channel).await;
}

#[tokio::test]
async fn a_secret_that_was_rotated_away_is_not_used_once_more() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET)]);
    let path = mount.path("secret");
    let channel = line.channel(&[("LINE_CHANNEL_SECRET_FILE", path.to_str().unwrap())]);
    let first = accepted(&channel).await;
    mount.swap(&[("secret", "")]);
    channel.tokens.invalidate(&first);
    assert!(channel.tokens.token().await.is_err(), "the file is what counts, not the memory");
    assert_eq!(line.calls(), 1);
}

#[tokio::test]
async fn a_broken_secret_hinders_no_v2_1_token() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET)]);
    let path = mount.path("secret");
    let key = pem(0);
    let channel = line.channel(&[
        ("LINE_CHANNEL_SECRET_FILE", path.to_str().unwrap()),
        ("LINE_ASSERTION_KEY", &key),
        ("LINE_ASSERTION_KID", KID),
        ("LINE_TOKEN_FAMILY", "jwt"),
        ("LINE_REVOKE_PREVIOUS_AFTER", "10m"),
    ]);
    mount.swap(&[("secret", "")]);
    accepted(&channel).await;
    assert_eq!(line.emulator.live_tokens(&line.id(), TokenFamily::Jwt), 1);

    mount.swap(&[("secret", SECRET)]);
    let report = channel.tokens.shutdown(Shutdown::within(Duration::from_secs(5)).revoking_current()).await;
    assert!(report.is_complete());
    assert_eq!(line.emulator.live_tokens(&line.id(), TokenFamily::Jwt), 0, "the secret revoked it");
}

#[tokio::test]
async fn without_a_secret_v2_1_tokens_are_left_to_expire() {
    let line = Line::new();
    let key = pem(0);
    let channel =
        line.channel(&[("LINE_ASSERTION_KEY", &key), ("LINE_ASSERTION_KID", KID), ("LINE_TOKEN_FAMILY", "jwt")]);
    let first = accepted(&channel).await;
    channel.tokens.invalidate(&first);
    accepted(&channel).await;
    let report = channel.tokens.shutdown(Shutdown::within(Duration::from_secs(5)).revoking_current()).await;
    assert!(report.is_complete() && report.last_error.is_none(), "{report:?}");
    assert_eq!((report.revoked, report.left_to_expire), (0, 2), "{report:?}");
}

#[tokio::test]
async fn the_key_is_taken_for_stateless_tokens_if_there_is_a_secret_too() {
    let line = Line::new();
    let key = pem(0);
    let both =
        [("LINE_CHANNEL_SECRET", "wrong-secret"), ("LINE_ASSERTION_KEY", key.as_str()), ("LINE_ASSERTION_KID", KID)];
    accepted(&line.channel(&both)).await;
    assert!(line.calls.lock().unwrap()[0].contains(Operation::IssueStatelessWithJwt.path()));
}

#[tokio::test]
async fn each_channel_of_a_pool_follows_its_own_files() {
    let line = Line::new();
    let mut mount = Mount::new(&[("secret", SECRET), ("other", "other-secret")]);
    let config = |id: &str, name: &str| {
        ChannelConfig::new(ChannelId::new(id).unwrap()).with_channel_secret_file(mount.path(name))
    };
    let configs = ChannelConfigs::new([config(ID, "secret"), config("2345678901", "other")]).unwrap();
    let pool = configs.build_with(line.emulator.client()).unwrap();
    let token = pool.token(&line.id()).await.unwrap();
    assert!(pool.token(&ChannelId::new("2345678901").unwrap()).await.is_err(), "LINE does not know it");

    line.emulator.set_channel_secret(&line.id(), NEXT_SECRET).unwrap();
    mount.swap(&[("secret", NEXT_SECRET), ("other", "other-secret")]);
    pool.invalidate(&line.id(), &token);
    pool.token(&line.id()).await.unwrap();
    let error = pool.token(&ChannelId::new("9999999999").unwrap()).await.unwrap_err();
    assert!(
        error.to_string().contains("channel 9999999999 is not configured: add it to the list, which has 2 channels"),
        "{error}"
    );

    std::fs::remove_file(mount.root.join("..data")).unwrap();
    let error = configs.check().unwrap_err();
    assert_eq!(support::subjects(&error), ["[0].channel_secret_file", "[1].channel_secret_file"]);
}
