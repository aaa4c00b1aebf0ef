//! One flight, whoever waits for it and whoever gives up.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use line_channel_token_core::{Error, ErrorKind};

use crate::support::{Act, SECOND, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_of_an_empty_cache_cause_exactly_one_issue() {
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
async fn ten_thousand_callers_of_a_failing_source_share_one_error_of_one_call() {
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
async fn a_caller_who_gives_up_takes_nothing_along() {
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
async fn a_flight_whose_callers_all_gave_up_still_lands() {
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
async fn a_source_that_panics_is_an_error_and_poisons_nothing() {
    let scene = Scene::new([Act::Panic, Act::Issue(900 * SECOND)]);
    let error = scene.token().await.unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    scene.clock.advance(60 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-2");
}

#[test]
fn outside_of_a_runtime_a_call_is_an_error_and_a_later_one_inside_succeeds() {
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
fn a_runtime_shut_down_in_mid_flight_does_not_leave_the_cache_waiting_for_ever() {
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
    assert_eq!(second.block_on(scene.token()).unwrap(), "token-1", "the waiter drives what the first left behind");
    assert_eq!(scene.calls(), 1);
}

#[test]
fn a_flight_whose_runtime_stands_still_is_driven_by_whoever_waits_for_it() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]);
    let [idle, busy] = [(); 2].map(|()| tokio::runtime::Builder::new_current_thread().build().unwrap());
    idle.block_on(scene.token()).unwrap();
    scene.clock.advance(800 * SECOND);
    // The old token serves, the flight is spawned, and its runtime never gets to it.
    assert_eq!(idle.block_on(async { scene.token().await.unwrap() }), "token-1");
    scene.clock.advance(100 * SECOND);
    assert_eq!(busy.block_on(scene.token()).unwrap(), "token-2");
    busy.block_on(scene.cache.shutdown());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_come_just_as_a_flight_lands_start_no_other() {
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
async fn shutdown_waits_for_the_flight_and_starts_no_other() {
    let scene = Scene::gated([Act::Issue(10 * SECOND)]);
    let cache = scene.cache.clone();
    let caller = tokio::spawn(async move { cache.token().await });
    scene.settle().await;
    let cache = scene.cache.clone();
    let shutdown = tokio::spawn(async move { cache.shutdown().await });
    scene.settle().await;
    assert!(!shutdown.is_finished());
    scene.release(1);
    shutdown.await.unwrap();
    assert!(caller.await.unwrap().is_ok());
    assert!(scene.token().await.is_ok(), "what is there is served");
    scene.clock.advance(11 * SECOND);
    assert!(scene.token().await.unwrap_err().to_string().contains("shut down"));
    assert_eq!(scene.calls(), 1);
}
