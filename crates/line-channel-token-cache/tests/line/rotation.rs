//! Previous tokens are revoked, so that a channel never holds more than two tokens.

use std::sync::atomic::Ordering;
use std::time::Duration;

use line_channel_token_cache::{NewToken, RetireReason, Retired, ShortLivedSource, Shutdown, TokenSource};
use line_channel_token_core::{AccessToken, Clock};

use crate::support::{DAY, Line, MINUTE, settle};

#[tokio::test]
async fn a_channel_holds_two_tokens_at_most() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), 10 * MINUTE));
    let mut ones = 0;
    for _ in 0..365 {
        line.live_through(&cache, 1, DAY).await;
        ones += usize::from(line.live() == 1);
        let before = line.told("Refreshed");
        line.live_through(&cache, 1, 11 * MINUTE).await;
        assert_eq!(line.live(), 1 + line.told("Refreshed") - before, "the grace period is over");
    }
    assert!((12..=20).contains(&line.told("Refreshed")), "{} refreshes", line.told("Refreshed"));
    let waiting = cache.status().pending_revocations;
    assert_eq!((line.most_live(), line.told("Revoked") + waiting), (2, line.told("Refreshed")));
    assert!(ones > 300);
    assert_eq!(cache.status().slots_used, 1 + waiting);
}

#[tokio::test]
async fn the_previous_token_has_its_grace_period() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), 10 * MINUTE));
    let first = cache.token().await.unwrap();
    line.live_through(&cache, 1, 26 * DAY).await;
    assert!(line.client().verify_jwt(first.access_token()).await.is_ok(), "it was followed a moment ago");
    assert_eq!(cache.status().pending_revocations, 1);
    line.clock.advance(10 * MINUTE - Duration::from_secs(1));
    settle().await;
    assert!(line.client().verify_jwt(first.access_token()).await.is_ok());
    line.clock.advance(Duration::from_secs(1));
    settle().await;
    assert!(
        line.client().verify_jwt(first.access_token()).await.is_err(),
        "nobody asked for a token, and it is revoked"
    );
    let second = cache.token().await.unwrap();
    assert!(line.client().verify_jwt(second.access_token()).await.is_ok());
}

#[tokio::test]
async fn refused_tokens_are_revoked_before_a_third() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), 60 * MINUTE));
    for _ in 0..40 {
        let token = cache.token().await.unwrap();
        cache.invalidate(&token);
        line.clock.advance(11 * MINUTE);
    }
    assert!(line.most_live() <= 2, "{} at once", line.most_live());
    assert_eq!(line.told("BudgetExhausted"), 0, "what was revoked does not count");
}

#[tokio::test]
async fn a_failed_revocation_blocks_no_refresh() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), MINUTE));
    cache.token().await.unwrap();
    line.way.fails.store(true, Ordering::SeqCst);
    line.live_through(&cache, 1, 26 * DAY).await;
    line.live_through(&cache, 30, MINUTE).await;
    assert_eq!((line.live(), cache.status().pending_revocations), (2, 1));
    assert!(line.told("RevocationFailed") >= 2);
    line.live_through(&cache, 1, 26 * DAY).await;
    assert_eq!(line.told("Refreshed"), 2, "a token is worth more than a slot");
    line.way.fails.store(false, Ordering::SeqCst);
    line.live_through(&cache, 20, MINUTE).await;
    assert_eq!((line.live(), cache.status().pending_revocations), (1, 0));
}

#[tokio::test]
async fn shutdown_revokes_the_previous_token() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), 60 * MINUTE));
    cache.token().await.unwrap();
    line.live_through(&cache, 1, 26 * DAY).await;
    assert_eq!(line.live(), 2);
    let report = cache.shutdown(Shutdown::default()).await;
    assert_eq!((report.revoked, line.live()), (1, 1), "{report:?}");
    let current = cache.token().await.unwrap();
    assert!(line.client().verify_jwt(current.access_token()).await.is_ok());
}

#[tokio::test]
async fn short_lived_tokens_are_rotated_too() {
    let line = Line::new();
    let source = ShortLivedSource::new(line.client(), line.id(), line.secret()).revoke_previous_after(10 * MINUTE);
    let cache = line.cache(source);
    for _ in 0..100 {
        line.live_through(&cache, 1, DAY).await;
    }
    let before = line.told("Refreshed");
    line.live_through(&cache, 1, 11 * MINUTE).await;
    // Now and then the next one falls into these very minutes.
    assert_eq!((line.most_live(), line.live()), (2, 1 + line.told("Refreshed") - before));
    assert!(line.told("Revoked") >= 3);
}

#[tokio::test]
async fn nothing_is_revoked_by_default() {
    let line = Line::new();
    let source = line.jwt();
    assert!(source.policy().revoke_previous_after().is_none());
    let token = NewToken::new(AccessToken::new("t").unwrap(), line.clock.now(), DAY);
    for reason in [RetireReason::Replaced, RetireReason::Refused, RetireReason::Removed, RetireReason::Shutdown] {
        assert_eq!(source.retire(&token, reason).await.unwrap(), Retired::LeftToExpire, "{reason:?}: it has no secret");
    }
    let cache = line.cache(source);
    cache.token().await.unwrap();
    line.live_through(&cache, 26, DAY).await;
    assert_eq!((line.live(), line.told("Revoked")), (2, 0));
}

#[tokio::test]
async fn shutdown_revokes_the_current_token_if_asked() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_secret(line.secret()));
    cache.token().await.unwrap();
    let report = cache.shutdown(Shutdown::default().revoking_current()).await;
    assert!(report.is_complete());
    assert_eq!((report.revoked, line.live()), (1, 0));
    assert!(cache.token().await.unwrap_err().to_string().contains("shut down"));
}

#[tokio::test]
async fn refused_tokens_are_revoked_like_previous() {
    let line = Line::new();
    for (source, live) in
        [(line.jwt().with_secret(line.secret()), 1), (line.jwt().revoke_previous_after(line.secret(), 10 * MINUTE), 0)]
    {
        line.emulator.revoke_all(&line.id());
        let cache = line.cache(source);
        let token = cache.token().await.unwrap();
        cache.invalidate(&token);
        settle().await;
        line.clock.advance(Duration::from_secs(1));
        settle().await;
        assert_eq!((line.live(), cache.status().pending_revocations), (live, 0), "{cache:?}");
    }
}
