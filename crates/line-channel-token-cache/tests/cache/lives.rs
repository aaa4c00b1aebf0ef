//! What is served when, over the life of a token.

use std::time::Duration;

use line_channel_token_cache::CacheState;
use line_channel_token_core::Clock;

use crate::support::{Act, SECOND, Scene};

const QUARTER: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_token_passes_from_empty_through_fresh_advisory_and_mandatory_to_expired() {
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
async fn near_its_end_the_old_token_is_served_while_one_call_fetches_the_next() {
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
async fn close_to_expiry_callers_wait_and_an_expired_token_is_never_served() {
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
async fn a_machine_that_slept_and_a_calendar_set_back_do_not_keep_a_token_alive() {
    let scene = Scene::new([Act::Issue(QUARTER)]);
    scene.token().await.unwrap();
    scene.clock.advance(SECOND);
    // Read once more, so that the next read is one that only glances at the clock.
    scene.token().await.unwrap();
    scene.clock.suspend(899 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-2");
    scene.clock.set_calendar(1000 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-2");
    scene.clock.advance(900 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-3");
}

#[tokio::test]
async fn a_life_is_counted_from_when_the_token_was_asked_for() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    let cache = scene.cache.clone();
    let waiting = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    scene.clock.advance(600 * SECOND);
    scene.release(1);
    let token = waiting.await.unwrap().unwrap();
    assert_eq!(token.remaining(scene.clock.now()), 300 * SECOND);
}

#[tokio::test]
async fn at_least_so_much_life_is_left_or_a_new_token_is_fetched() {
    let scene = Scene::new([Act::Issue(QUARTER)]);
    scene.token().await.unwrap();
    scene.clock.advance(300 * SECOND);
    let valid_for = |seconds: u32| {
        let cache = scene.cache.clone();
        async move {
            cache.token_valid_for(seconds * SECOND).await.map(|token| token.access_token().expose_secret().to_owned())
        }
    };
    assert_eq!(valid_for(600).await.unwrap(), "token-1");
    assert_eq!(valid_for(601).await.unwrap(), "token-2");
    scene.clock.advance(2 * SECOND);
    let calls = scene.calls();
    for _ in 0..100 {
        let error = valid_for(900).await.unwrap_err().to_string();
        assert!(error.contains("tokens live 900 s when they come, and 900 s from now on were asked for"), "{error}");
        scene.clock.advance(SECOND);
    }
    assert_eq!(scene.calls(), calls, "asking for what no token has costs no issue");
}

#[tokio::test]
async fn two_caches_started_together_do_not_refresh_together() {
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
async fn a_refused_token_is_dropped_only_while_it_is_the_current_one() {
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
async fn what_a_token_lost_on_its_way_counts_when_a_life_is_asked_for() {
    let scene = Scene::gated([Act::Issue(QUARTER)]);
    for _ in 0..20 {
        let cache = scene.cache.clone();
        let asking = tokio::spawn(async move { cache.token_valid_for(Duration::from_millis(899_800)).await });
        scene.settle().await;
        scene.clock.advance(Duration::from_millis(300));
        scene.release(1);
        let error = asking.await.unwrap().unwrap_err().to_string();
        assert!(error.contains("token"), "{error}");
        scene.clock.advance(2 * SECOND);
    }
    assert!(scene.calls() <= 2, "{} issues for a life that none has", scene.calls());
}
