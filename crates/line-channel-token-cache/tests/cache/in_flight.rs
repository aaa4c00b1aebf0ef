//! One call, for all who wait for it, and for those who give up.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use line_channel_token_cache::Shutdown;
use line_channel_token_core::{Error, ErrorKind};

use crate::support::{Act, SECOND, Scene, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_cause_one_issue() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let done = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let (cache, done) = (scene.cache.clone(), done.clone());
            tokio::spawn(async move {
                let token = cache.token().await.unwrap();
                done.fetch_add(1, Ordering::SeqCst);
                token
            })
        })
        .collect();
    scene.settle().await;
    scene.release(10);
    let mut tokens = Vec::new();
    for caller in callers {
        tokens.push(caller.await.unwrap());
    }
    assert!(tokens.iter().all(|token| Arc::ptr_eq(token, &tokens[0])));
    assert_eq!((scene.calls(), done.load(Ordering::SeqCst)), (1, 10_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_share_one_error() {
    let scene = Scene::gated([Act::Fail(Error::signing("no key"))]);
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let cache = scene.cache.clone();
            tokio::spawn(async move { cache.token().await.unwrap_err() })
        })
        .collect();
    scene.settle().await;
    scene.release(10);
    for caller in callers {
        let error = caller.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Signing);
        assert!(error.to_string().starts_with("no key; try again in "), "{error}");
    }
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_cancelled_caller_cancels_nothing() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let mut first = Box::pin(scene.cache.token());
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(first.as_mut().poll(&mut context), Poll::Pending));
    let cache = scene.cache.clone();
    let second = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    drop(first);
    scene.release(1);
    assert!(second.await.unwrap().is_ok());
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn an_abandoned_call_still_brings_a_token() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let mut only = Box::pin(scene.cache.token());
    assert!(matches!(only.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    drop(only);
    scene.release(1);
    scene.settle().await;
    assert_eq!(scene.cache.with_token(|_| ()), Some(()));
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_panicking_source_poisons_nothing() {
    let scene = Scene::new([Act::Panic, Act::Issue(900 * SECOND)]);
    let error = scene.token().await.unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    scene.clock.advance(60 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[test]
fn outside_of_a_runtime_is_an_error() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]);
    let mut call = Box::pin(scene.cache.token());
    let Poll::Ready(Err(error)) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it can neither wait nor succeed");
    };
    assert!(error.to_string().contains("needs a Tokio runtime"), "{error}");
    drop(call);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(scene.token()).is_ok());
}

#[test]
fn a_cancelled_call_is_no_failure() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(async {
        let cache = scene.cache.clone();
        tokio::spawn(async move { cache.token().await });
        scene.settle().await;
    });
    drop(first);
    scene.release(2);
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(second.block_on(scene.token()).unwrap(), "token-2");
    assert_eq!(*scene.events.lock().unwrap(), ["issued"], "no failure was reported");
}

#[test]
fn a_waiter_restarts_a_stalled_refresh() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]);
    let [idle, busy] = [(); 2].map(|()| tokio::runtime::Builder::new_current_thread().build().unwrap());
    idle.block_on(scene.token()).unwrap();
    scene.clock.advance(800 * SECOND);
    // The old token serves, the refresh is spawned, and its runtime never gets to it.
    assert_eq!(idle.block_on(async { scene.token().await.unwrap() }), "token-1");
    scene.clock.advance(100 * SECOND);
    let token = busy.block_on(async {
        let cache = scene.cache.clone();
        let waiting = tokio::spawn(async move { cache.token().await });
        // The progress is checked, and checked again.
        for seconds in [2, 3] {
            settle().await;
            assert!(!waiting.is_finished());
            scene.clock.advance(seconds * SECOND);
        }
        waiting.await.unwrap().unwrap()
    });
    assert_eq!(token.access_token().expose_secret(), "token-2");
    assert!(busy.block_on(scene.cache.shutdown(Shutdown::default())).is_complete());
    // What the idle one was left with has ended: it starts no further call.
    idle.block_on(settle());
    assert_eq!(scene.calls(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_callers_join_no_second_call() {
    for _ in 0..200 {
        let scene = Scene::unbounded([Act::Issue(900 * SECOND)]);
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let cache = scene.cache.clone();
                tokio::spawn(async move { cache.token().await.map(drop) })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        assert_eq!(scene.calls(), 1);
    }
}

#[tokio::test]
async fn dropping_the_last_handle_drops_the_source() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]);
    scene.token().await.unwrap();
    let source = Arc::downgrade(&scene.source);
    scene.settle().await;
    drop(scene);
    assert!(source.upgrade().is_none(), "a task or a handle is left");
}

#[tokio::test]
async fn shutdown_waits_for_the_call() {
    let scene = Scene::gated([Act::Issue(10 * SECOND)]);
    let cache = scene.cache.clone();
    let caller = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    let cache = scene.cache.clone();
    let shutdown = tokio::spawn(async move { cache.shutdown(Shutdown::default()).await });
    scene.settle().await;
    assert!(!shutdown.is_finished());
    scene.release(1);
    assert!(shutdown.await.unwrap().is_complete());
    assert!(caller.await.unwrap().is_ok());
    assert!(scene.token().await.is_ok(), "what is there is served");
    scene.clock.advance(11 * SECOND);
    assert!(scene.token().await.unwrap_err().to_string().contains("shut down"));
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn shutdown_reports_an_unfinished_call() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let cache = scene.cache.clone();
    tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    let cache = scene.cache.clone();
    let shutdown = tokio::spawn(async move { cache.shutdown(Shutdown::within(3 * SECOND)).await });
    scene.settle().await;
    assert!(!shutdown.is_finished());
    scene.clock.advance(3 * SECOND);
    let report = shutdown.await.unwrap();
    assert!(!report.is_complete());
    assert_eq!(report.calls_in_flight, 1);
}

#[tokio::test]
async fn a_hanging_call_ends_at_its_deadline() {
    let scene = Scene::gated([Act::Issue(900 * SECOND)]);
    let cache = scene.cache.clone();
    let waiting = tokio::spawn(async move { cache.token().await });
    // In steps: a leap would look like a runtime that stands still.
    for _ in 0..60 {
        scene.settle().await;
        assert!(!waiting.is_finished());
        scene.clock.advance(SECOND);
    }
    let error = waiting.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("did not respond within 60 s"), "{error}");
    scene.clock.advance(error.retry_after().unwrap());
    scene.release(1);
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[tokio::test]
async fn callers_with_a_token_wait_briefly() {
    for (passed, max_wait) in [(882, 5000), (896, 2000), (899, 500)] {
        let scene = Scene::gated([Act::Issue(900 * SECOND)]);
        scene.release(1);
        scene.token().await.unwrap();
        scene.clock.advance(passed * SECOND);
        let cache = scene.cache.clone();
        let waiting = tokio::spawn(async move { cache.token().await });
        scene.settle().await;
        scene.clock.advance(Duration::from_millis(max_wait - 1));
        scene.settle().await;
        assert!(!waiting.is_finished(), "{passed}");
        scene.clock.advance(Duration::from_millis(1));
        assert_eq!(waiting.await.unwrap().unwrap().access_token().expose_secret(), "token-1", "{passed}");
        assert_eq!(scene.events.lock().unwrap().last().unwrap(), "served stale");
        assert_eq!(scene.calls(), 2);
    }
}
