//! Many channels.

use http::{Request, StatusCode};
use line_channel_token_cache::{Shutdown, StatelessSource, TokenPool};
use line_channel_token_core::{ChannelId, ChannelSecret, Error, ErrorKind, Operation};
use line_channel_token_mock::{MockBackend, Reply};
use line_channel_token_tower::AuthorizationLayer;
use tower::{Layer, ServiceExt};

use crate::support::{Client, bearer, push};

fn id(channel: &str) -> ChannelId {
    ChannelId::new(channel).unwrap()
}

fn pool(tokens: &[&str]) -> (TokenPool, MockBackend) {
    let line = MockBackend::new();
    let mut tokens = tokens.iter();
    let first = Reply::stateless_token(tokens.next().unwrap());
    line.given(Operation::IssueStateless)
        .respond(tokens.fold(first, |replies, token| replies.then(Reply::stateless_token(token))));
    let client = line.client();
    let make = move |channel: &ChannelId| {
        Ok(StatelessSource::from_secret(client.clone(), channel.clone(), ChannelSecret::new("s3cret")?))
    };
    (TokenPool::builder(make).clock(line.client().clock()).build(), line)
}

/// Three channels with their tokens, which are not replaced any more.
async fn warm_pool() -> (TokenPool, MockBackend) {
    let (pool, line) = pool(&["of-1", "of-2", "of-3"]);
    for channel in ["1", "2", "3"] {
        pool.warm_up(&id(channel)).await.unwrap();
    }
    pool.shutdown(Shutdown::default()).await;
    (pool, line)
}

fn of(channel: &str) -> Request<String> {
    let mut request = push();
    request.extensions_mut().insert(id(channel));
    request
}

#[tokio::test]
async fn each_request_carries_its_channels_token() {
    let client = Client::accepting("live");
    let log = client.log();
    let (pool, _) = warm_pool().await;
    let service = AuthorizationLayer::from_pool(pool).layer(client);
    for channel in ["2", "1"] {
        service.clone().oneshot(of(channel)).await.unwrap();
    }
    assert_eq!(log.headers(), [bearer("of-2"), bearer("of-1")]);
}

#[tokio::test]
async fn one_channels_401_touches_no_other() {
    let client = Client::accepting("live");
    let log = client.log();
    let (pool, _) = pool(&["dead", "of-2", "live"]);
    let (dead, other) = (pool.token(&id("1")).await.unwrap(), pool.token(&id("2")).await.unwrap());
    let response = AuthorizationLayer::from_pool(pool.clone()).layer(client).oneshot(of("1")).await.unwrap();
    assert_eq!((response.status(), log.headers()), (StatusCode::OK, vec![bearer("dead"), bearer("live")]));
    assert!(std::sync::Arc::ptr_eq(&other, &pool.token(&id("2")).await.unwrap()));
    assert!(!std::sync::Arc::ptr_eq(&dead, &pool.token(&id("1")).await.unwrap()));
}

#[tokio::test]
async fn the_requests_own_channel_counts_first() {
    let client = Client::accepting("live");
    let log = client.log();
    let (pool, _) = warm_pool().await;
    let layer = AuthorizationLayer::from_pool(pool).with_channel(id("1"));
    let service = layer.layer(client);
    service.clone().oneshot(push()).await.unwrap();
    service.clone().with_channel(id("2")).oneshot(push()).await.unwrap();
    service.oneshot(of("3")).await.unwrap();
    assert_eq!(log.headers(), [bearer("of-1"), bearer("of-2"), bearer("of-3")]);
}

#[tokio::test]
async fn a_request_without_a_channel_is_not_sent() {
    let client = Client::accepting("live");
    let log = client.log();
    let (pool, line) = pool(&["live"]);
    let service = AuthorizationLayer::from_pool(pool).layer(client);
    let error = service.clone().oneshot(push()).await.unwrap_err();
    let error = error.downcast_ref::<Error>().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("names no channel"), "{error}");
    assert!(log.sent().is_empty() && line.received_requests().is_empty());
    let elsewhere = Request::get("https://other.example/").body(String::new()).unwrap();
    assert!(service.oneshot(elsewhere).await.is_ok(), "it needs none");
}

#[tokio::test]
async fn a_channel_that_is_removed_meanwhile_comes_again() {
    let (pool, _) = pool(&["dead", "live"]);
    let removed = pool.clone();
    let client = tower::service_fn(move |request: Request<String>| {
        let is_live = request.headers()["authorization"] == "Bearer live";
        if !is_live {
            removed.remove(&id("1"));
        }
        let mut response = http::Response::new(());
        *response.status_mut() = if is_live { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        std::future::ready(Ok::<_, std::io::Error>(response))
    });
    let response = AuthorizationLayer::from_pool(pool.clone()).layer(client).oneshot(of("1")).await.unwrap();
    assert_eq!((response.status(), pool.len()), (StatusCode::OK, 1));
}
