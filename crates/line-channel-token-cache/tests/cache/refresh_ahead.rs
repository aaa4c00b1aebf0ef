//! What happens while nobody asks.

use line_channel_token_cache::{CacheState, RefreshAhead};
use line_channel_token_core::Error;

use crate::support::{Act, SECOND, Scene};

fn scene(when: RefreshAhead) -> Scene {
    Scene::new([Act::Issue(900 * SECOND)]).refreshing(when)
}

#[tokio::test]
async fn only_used_tokens_are_refreshed() {
    let scene = scene(RefreshAhead::WhenUsed);
    scene.token().await.unwrap();
    for _ in 0..80 {
        scene.clock.advance(10 * SECOND);
        scene.settle().await;
    }
    assert_eq!((scene.calls(), scene.cache.status().state), (2, CacheState::Fresh));
    // The second one is used by nobody.
    for _ in 0..200 {
        scene.clock.advance(10 * SECOND);
        scene.settle().await;
    }
    assert_eq!((scene.calls(), scene.cache.status().state), (2, CacheState::Expired));
    assert_eq!(scene.token().await.unwrap(), "token-3");
}

#[tokio::test]
async fn always_keeps_an_idle_cache_warm() {
    let scene = scene(RefreshAhead::Always);
    scene.cache.warm_up().await.unwrap();
    for _ in 0..8 * 60 {
        scene.clock.advance(60 * SECOND);
        scene.settle().await;
        // Looking at the status is no use of the token.
        assert!(!scene.cache.status().remaining.is_zero());
    }
    assert!((32..=44).contains(&scene.calls()), "{} issues in eight hours", scene.calls());
}

#[tokio::test]
async fn on_read_leaves_an_idle_cache_alone() {
    let scene = scene(RefreshAhead::OnRead);
    scene.token().await.unwrap();
    scene.clock.advance(899 * SECOND);
    scene.settle().await;
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[tokio::test]
async fn a_failed_refresh_is_retried_in_background() {
    let failure = || Act::Fail(Error::signing("no key").with_retry_after(30 * SECOND));
    let scene = Scene::new([Act::Issue(900 * SECOND), failure(), failure(), Act::Issue(900 * SECOND)]);
    scene.token().await.unwrap();
    for _ in 0..88 {
        scene.clock.advance(10 * SECOND);
        scene.settle().await;
    }
    assert_eq!((scene.calls(), scene.cache.status().state), (4, CacheState::Fresh));
}

#[tokio::test]
async fn when_used_refreshes_on_demand_after_suspension() {
    let scene = scene(RefreshAhead::Always);
    scene.token().await.unwrap();
    scene.clock.advance(SECOND);
    scene.clock.suspend(1000 * SECOND);
    assert!(scene.cache.with_token(|_| ()).is_none(), "it has expired meanwhile");
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[tokio::test]
async fn always_refreshes_after_a_suspension() {
    let scene = Scene::new([Act::Issue(30 * 86_400 * SECOND)]).refreshing(RefreshAhead::Always);
    scene.token().await.unwrap();
    scene.settle().await;
    scene.clock.suspend(31 * 86_400 * SECOND);
    scene.clock.advance(10 * SECOND);
    scene.settle().await;
    assert_eq!((scene.calls(), scene.cache.status().state), (2, CacheState::Fresh), "within ten seconds");
}

#[tokio::test]
async fn a_borrowed_token_is_in_use() {
    let scene = scene(RefreshAhead::WhenUsed);
    scene.token().await.unwrap();
    scene.clock.advance(770 * SECOND);
    scene.settle().await;
    // The first read of the second token takes the slow path, those that follow the fast one.
    for _ in 0..3 {
        scene.cache.with_token(|_| ()).unwrap();
        scene.clock.advance(SECOND);
    }
    scene.clock.advance(770 * SECOND);
    scene.settle().await;
    assert_eq!(scene.calls(), 3);
}
