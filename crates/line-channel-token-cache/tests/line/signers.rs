//! One assertion key replaces another.

use line_channel_token_cache::{JwtSource, StatelessSource, TokenCache};
use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind, TokenLifetime};
use line_channel_token_mock::FakeSigner;

use crate::support::{DAY, Line, MINUTE};

/// A channel with two registered keys, and a cache that has both.
fn two_keys() -> (Line, TokenCache) {
    let line = Line::new();
    line.register(1);
    let source = JwtSource::new(line.client(), line.signer(0), TokenLifetime::MAX);
    let source = source.with_fallback_signer(line.signer(1)).unwrap();
    let cache = line.cache(source);
    (line, cache)
}

#[tokio::test]
async fn an_unknown_key_uses_the_fallback() {
    let (line, cache) = two_keys();
    cache.token().await.unwrap();
    assert_eq!(line.told("FallbackSignerUsed"), 0);
    line.emulator.remove_key("kid-0");
    line.live_through(&cache, 60, DAY).await;
    assert!(line.told("Refreshed") >= 2 && line.told("RefreshFailed") == 0, "{:?}", line.events.lock().unwrap());
    assert_eq!(line.told("FallbackSignerUsed"), 1, "the other one is asked first from then on");
    let events = line.events.lock().unwrap();
    let told = events.iter().find(|told| told.starts_with("FallbackSignerUsed")).unwrap();
    assert!(told.contains("rejected: Some(AssertionKid(\"kid-0\"))"), "{told}");
    assert!(told.contains("used: Some(AssertionKid(\"kid-1\"))"), "{told}");
}

#[tokio::test]
async fn two_unknown_keys_are_an_error() {
    let line = Line::new();
    line.emulator.remove_key("kid-0");
    let source = StatelessSource::new(line.client(), line.signer(0)).with_fallback_signer(line.signer(1)).unwrap();
    let cache = line.cache(source);
    assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::UnknownAssertionKey);
    assert_eq!(line.told("RefreshFailed"), 1);
    line.register(1);
    line.clock.advance(MINUTE);
    assert!(cache.token().await.is_ok());
    assert_eq!(line.told("FallbackSignerUsed"), 1);
}

#[tokio::test]
async fn reconciling_uses_the_other_key_too() {
    let (line, cache) = two_keys();
    cache.token().await.unwrap();
    line.emulator.remove_key("kid-0");
    assert_eq!(cache.reconcile().await.unwrap().held.len(), 1);
    line.live_through(&cache, 1, 26 * DAY).await;
    assert_eq!((line.told("Refreshed"), line.told("FallbackSignerUsed")), (1, 1), "told with the next token");
}

#[test]
fn two_signers_of_different_channels_are_refused() {
    let line = Line::new();
    let other = FakeSigner::new(ChannelId::new("999").unwrap(), AssertionKid::new("kid").unwrap());
    let source = JwtSource::new(line.client(), line.signer(0), TokenLifetime::MAX);
    let error = source.with_fallback_signer(other).unwrap_err();
    assert!(error.to_string().contains("1234567890 and 999"), "{error}");
}

#[test]
fn a_fallback_signer_beside_a_secret_is_refused() {
    let line = Line::new();
    let source = StatelessSource::from_secret(line.client(), line.id(), line.secret());
    assert_eq!(source.with_fallback_signer(line.signer(0)).unwrap_err().kind(), ErrorKind::InvalidInput);
}
