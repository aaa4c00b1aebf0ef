//! What is served when, over the lifetime of a token.

use std::time::Duration;

use line_channel_token_cache::CacheState;
use line_channel_token_core::Clock;
use line_channel_token_mock::ManualClock;

use crate::support::{Act, SECOND, Scene};

const QUARTER: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_token_passes_through_all_states() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    let state = || scene.cache.status().state;
    assert_eq!(state(), CacheState::Empty);
    scene.release(1);
    assert_eq!(scene.token().await.unwrap(), "token-1");
    for (at, expected) in [
        (0, CacheState::Fresh),
        (670, CacheState::Fresh),
        (770, CacheState::Advisory),
        (880, CacheState::Advisory),
        (883, CacheState::Mandatory),
        (900, CacheState::Expired),
    ] {
        let passed = scene.clock.now().monotonic;
        scene.clock.advance(Duration::from_secs(at) - passed);
        assert_eq!(state(), expected, "{at}");
    }
}

#[tokio::test]
async fn an_aging_token_serves_during_the_refresh() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    scene.release(1);
    scene.token().await.unwrap();
    scene.clock.advance(800 * SECOND);
    for _ in 0..100 {
        assert_eq!(scene.token().await.unwrap(), "token-1");
        assert_eq!(scene.cache.with_token(|token| token.access_token().expose_secret().to_owned()).unwrap(), "token-1");
    }
    scene.settle().await;
    assert_eq!(scene.calls(), 2);
    scene.release(1);
    scene.settle().await;
    assert_eq!(scene.token().await.unwrap(), "token-2");
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn an_expired_token_is_never_served() {
    for passed in [890, 900, 100_000] {
        let scene = Scene::gated([Act::Issue(QUARTER)]);
        scene.release(1);
        scene.token().await.unwrap();
        scene.clock.advance(passed * SECOND);
        let cache = scene.cache.clone();
        let waiting = tokio::spawn(async move { cache.token().await });
        scene.settle().await;
        assert!(!waiting.is_finished(), "{passed}");
        assert_eq!(scene.cache.with_token(|_| ()).is_some(), passed < 900, "{passed}");
        scene.release(1);
        assert_eq!(waiting.await.unwrap().unwrap().access_token().expose_secret(), "token-2");
    }
}

#[tokio::test]
async fn neither_suspension_nor_calendar_prolongs_a_token() {
    let sleep = |clock: &ManualClock| clock.suspend(899 * SECOND);
    // On a platform whose monotonic clock does not count suspension.
    let sleep_unnoticed = |clock: &ManualClock| clock.set_unix_time(clock.now().unix + 899 * SECOND);
    for sleep in [sleep, sleep_unnoticed] {
        let scene = Scene::new([Act::Issue(QUARTER)]);
        scene.token().await.unwrap();
        scene.clock.advance(SECOND);
        // Read once more, so that the next read takes the coarse time.
        scene.token().await.unwrap();
        sleep(&scene.clock);
        assert_eq!(scene.token().await.unwrap(), "token-2");
        scene.clock.set_unix_time(1000 * SECOND);
        assert_eq!(scene.token().await.unwrap(), "token-2");
        scene.clock.advance(900 * SECOND);
        assert_eq!(scene.token().await.unwrap(), "token-3");
    }
}

#[tokio::test]
async fn a_lifetime_counts_from_the_request() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    let cache = scene.cache.clone();
    let waiting = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    scene.clock.advance(50 * SECOND);
    scene.release(1);
    let token = waiting.await.unwrap().unwrap();
    assert_eq!(token.remaining(scene.clock.now()), 850 * SECOND);
}

#[tokio::test]
async fn min_ttl_fetches_a_new_token() {
    let scene = Scene::new([Act::Issue(QUARTER)]);
    scene.token().await.unwrap();
    scene.clock.advance(300 * SECOND);
    let with_min_ttl = |seconds: u32| {
        let cache = scene.cache.clone();
        async move {
            cache
                .token_with_min_ttl(seconds * SECOND)
                .await
                .map(|token| token.access_token().expose_secret().to_owned())
        }
    };
    assert_eq!(with_min_ttl(600).await.unwrap(), "token-1");
    assert_eq!(with_min_ttl(601).await.unwrap(), "token-2");
    scene.clock.advance(2 * SECOND);
    let calls = scene.calls();
    for _ in 0..100 {
        let error = with_min_ttl(900).await.unwrap_err().to_string();
        assert!(
            error.contains("tokens are valid for 900 s when they arrive, and 900 s from now on were asked for"),
            "{error}"
        );
        scene.clock.advance(SECOND);
    }
    assert_eq!(scene.calls(), calls, "asking for what no token has costs no issue");
}

#[tokio::test]
async fn refreshes_are_jittered() {
    let mut moments = Vec::new();
    for _ in 0..8 {
        let scene = Scene::new([Act::Issue(30 * 86_400 * SECOND)]);
        scene.token().await.unwrap();
        let mut passed = 0;
        while scene.cache.status().state == CacheState::Fresh {
            scene.clock.advance(60 * SECOND);
            passed += 60;
        }
        moments.push(passed);
    }
    moments.sort_unstable();
    moments.dedup();
    assert!(moments.len() >= 6, "{moments:?}");
}

#[tokio::test]
async fn invalidate_drops_only_the_current_token() {
    let scene = Scene::new([Act::Issue(QUARTER)]);
    let first = scene.cache.token().await.unwrap();
    scene.cache.invalidate(&first);
    assert_eq!(scene.cache.status().state, CacheState::Empty);
    assert_eq!(scene.token().await.unwrap(), "token-2", "at once");
    scene.cache.invalidate(&first);
    assert_eq!(scene.token().await.unwrap(), "token-2");
    let second = scene.cache.token().await.unwrap();
    scene.cache.invalidate(&second);
    assert!(scene.cache.with_token(|_| ()).is_none());
    let error = scene.token().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(SECOND), "refused again at once: {error}");
    scene.clock.advance(SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-3");
}

#[tokio::test]
async fn min_ttl_counts_the_transit_time() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    for _ in 0..20 {
        let cache = scene.cache.clone();
        let asking = tokio::spawn(async move { cache.token_with_min_ttl(Duration::from_millis(899_800)).await });
        scene.settle().await;
        scene.clock.advance(Duration::from_millis(300));
        scene.release(1);
        let error = asking.await.unwrap().unwrap_err().to_string();
        assert!(error.contains("token"), "{error}");
        scene.clock.advance(2 * SECOND);
    }
    assert!(scene.calls() <= 2, "{} issues for a lifetime that none has", scene.calls());
}

#[tokio::test]
async fn keep_asks_again_as_requested() {
    let scene = Scene::new([Act::Issue(QUARTER), Act::Keep(30 * SECOND), Act::Adopt(QUARTER)]);
    scene.token().await.unwrap();
    scene.clock.advance(800 * SECOND);
    for _ in 0..30 {
        assert_eq!(scene.token().await.unwrap(), "token-1");
        scene.settle().await;
        assert_eq!(scene.calls(), 2);
        scene.clock.advance(SECOND);
    }
    scene.token().await.unwrap();
    scene.settle().await;
    assert_eq!(scene.token().await.unwrap(), "token-3");
    assert_eq!(*scene.events.lock().unwrap(), ["issued", "refreshed"], "to keep a token is no failure");
}

#[tokio::test]
async fn keep_without_a_token_is_transient() {
    let scene = Scene::new([Act::Keep(5 * SECOND), Act::Issue(QUARTER)]);
    let error = scene.token().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(error.retry_after(), Some(5 * SECOND));
    scene.clock.advance(5 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[tokio::test]
async fn short_lifetimes_leave_no_gap() {
    let scene = Scene::minutely([Act::Issue(40 * SECOND)]);
    for _ in 0..600 {
        scene.token().await.unwrap();
        scene.settle().await;
        scene.clock.advance(SECOND);
    }
    assert!((15..=30).contains(&scene.calls()), "{} issues in ten minutes", scene.calls());
}
