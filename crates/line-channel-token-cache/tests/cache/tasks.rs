//! No task outlives the last handle.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::{RefreshAhead, TokenCache, TokenPool};
use line_channel_token_core::{ChannelId, Error};
use line_channel_token_mock::ManualClock;
use tokio::runtime::Handle;

use crate::support::{Act, SECOND, Scene, Source, settle};

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn an_idle_cache_has_one_task() {
    for when in [RefreshAhead::WhenUsed, RefreshAhead::Always, RefreshAhead::OnRead] {
        let scene = Scene::new([Act::Issue(900 * SECOND)]).refreshing(when);
        assert_eq!(tasks(), 0, "one that was never asked has none");
        for _ in 0..10 {
            scene.token().await.unwrap();
            scene.clock.advance(800 * SECOND);
            scene.settle().await;
        }
        assert!(tasks() <= 1, "{} tasks", tasks());
        drop(scene);
        settle().await;
        assert_eq!(tasks(), 0, "{when:?}");
    }
}

#[tokio::test]
async fn a_call_ends_with_the_last_handle() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let cache = scene.cache.clone();
    let waiting = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    assert_eq!((tasks(), scene.calls()), (2, 1));
    waiting.abort();
    let source = Arc::downgrade(&scene.source);
    drop(scene);
    settle().await;
    assert_eq!(tasks(), 0);
    assert!(source.upgrade().is_none(), "the source went with it");
}

#[tokio::test]
async fn an_idle_pool_has_one_task() {
    let clock = ManualClock::new();
    let time = clock.clone();
    let pool = TokenPool::builder(move |_: &ChannelId| {
        Ok::<_, Error>(Source::new([Act::Issue(900 * SECOND)], false, Duration::ZERO, &time))
    });
    let pool = pool.clock(Arc::new(clock.clone())).build();
    for id in 0..1000 {
        pool.token(&ChannelId::new(id.to_string()).unwrap()).await.unwrap();
    }
    clock.advance(800 * SECOND);
    // All are due, and come one after the other.
    for _ in 0..100 {
        settle().await;
    }
    assert_eq!((pool.len(), tasks()), (1000, 1));
    drop(pool);
    settle().await;
    assert_eq!(tasks(), 0);
}

#[test]
fn a_cache_outlives_its_runtime() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]).refreshing(RefreshAhead::Always);
    for nth in 1..=3 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            assert_eq!(scene.token().await.unwrap(), format!("token-{nth}"));
            scene.settle().await;
            // In the second and third runtime another timer is started.
            assert_eq!(tasks(), 1);
        });
        scene.clock.advance(1000 * SECOND);
    }
}

#[test]
fn a_cache_drops_outside_of_a_runtime() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let cache: TokenCache = scene.cache.clone();
        let waiting = tokio::spawn(async move { cache.token().await });
        scene.settle().await;
        waiting.abort();
    });
    drop(scene);
    runtime.block_on(async {
        settle().await;
        assert_eq!(tasks(), 0);
    });
}

#[test]
fn an_ended_runtime_keeps_no_permit() {
    let clock = ManualClock::new();
    let time = clock.clone();
    // Channel 1's source never responds.
    let make = move |channel: &ChannelId| {
        let hangs = channel.as_str() == "1";
        Ok::<_, Error>(Source::new([Act::Issue(900 * SECOND)], hangs, Duration::ZERO, &time))
    };
    let pool = TokenPool::builder(make).clock(Arc::new(clock.clone())).max_concurrent_issues(1).build();
    let [one, two, three] = ["1", "2", "3"].map(|id| ChannelId::new(id).unwrap());
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(async {
        for channel in [one.clone(), two] {
            let pool = pool.clone();
            tokio::spawn(async move { pool.token(&channel).await.map(drop) });
        }
        settle().await;
    });
    drop(first);
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let call = second.block_on(async {
        let call = tokio::spawn(async move { pool.token(&three).await.map(drop) });
        settle().await;
        call.is_finished()
    });
    assert!(call, "it waits for a call, or for one in the queue, of a runtime that is no more");
}
