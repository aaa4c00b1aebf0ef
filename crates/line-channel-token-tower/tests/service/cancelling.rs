//! Futures that are dropped, and those that wait.

use std::pin::pin;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};

use http::StatusCode;
use line_channel_token_tower::AuthorizationLayer;
use tower::{Layer, ServiceExt};

use crate::support::{Client, bearer, cache, call, push};

/// Lets the tasks that are ready run.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_fresh_token_is_sent_without_waiting() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, _) = cache(&["live"]);
    tokens.warm_up().await.unwrap();
    let mut service = AuthorizationLayer::new(tokens).layer(client);
    let response = call(&mut service, push()).await;
    assert_eq!(log.headers(), [bearer("live")], "when it is called");
    let polled = pin!(response).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Ok(response)) if response.status() == StatusCode::OK));
}

#[tokio::test]
async fn a_future_that_is_dropped_while_it_waits_sends_nothing() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["live"]);
    let mut service = AuthorizationLayer::new(tokens).layer(client);
    let mut response = Box::pin(call(&mut service, push()).await);
    assert!(response.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(response);
    settle().await;
    assert_eq!((log.sent().len(), line.received_requests().len()), (0, 1), "the token is there for the next");
    assert_eq!(service.oneshot(push()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(line.received_requests().len(), 1);
}

#[tokio::test]
async fn a_future_that_is_dropped_during_a_refresh_holds_nothing() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["dead", "live"]);
    tokens.warm_up().await.unwrap();
    let mut service = AuthorizationLayer::new(tokens).layer(client);
    let mut response = Box::pin(call(&mut service, push()).await);
    assert!(response.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(log.open_responses.load(SeqCst), 1, "the refresh may fail, and then it is returned");
    drop(response);
    assert_eq!(log.open_responses.load(SeqCst), 0);
    settle().await;
    assert_eq!(service.oneshot(push()).await.unwrap().status(), StatusCode::OK);
    assert_eq!((log.headers(), line.received_requests().len()), (vec![bearer("dead"), bearer("live")], 2));
}
