//! Which requests carry the token.

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderValue, Request, StatusCode};
use line_channel_token_core::BaseUrl;
use line_channel_token_tower::{AuthorizationLayer, SendOnce};
use tower::{Layer, ServiceExt};

use crate::support::{Client, PUSH, bearer, cache, call};

fn to(uri: &str) -> Request<String> {
    Request::post(uri).body(String::new()).unwrap()
}

#[tokio::test]
async fn lines_hosts_and_added_ones_get_the_token() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, _) = cache(&["live"]);
    let service = AuthorizationLayer::new(tokens)
        .allow_origin(&BaseUrl::new("https://gateway.example/line").unwrap())
        .allow_origin(&BaseUrl::new("http://[::1]:8787").unwrap())
        .layer(client);
    for uri in [PUSH, "https://api-data.line.me/", "https://gateway.example/other", "http://[::1]:8787/v2/bot/info"] {
        assert!(service.clone().oneshot(to(uri)).await.unwrap().status().is_success());
    }
    assert_eq!(log.headers(), vec![bearer("live"); 4]);
}

#[tokio::test]
async fn other_requests_go_out_as_they_are() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["live"]);
    let service = AuthorizationLayer::new(tokens).layer(client);
    for uri in ["https://other.example/", "http://api.line.me/", "https://api.line.me.evil.example/", "/v2/bot/info"] {
        let mut request = to(uri);
        request.headers_mut().insert(HOST, HeaderValue::from_static("api.line.me"));
        let response = service.clone().oneshot(request.clone()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "and a 401 of theirs says nothing about it");
        assert!(service.clone().oneshot(request.map(SendOnce::new)).await.is_ok());
    }
    assert_eq!(log.headers(), vec![None; 8]);
    assert!(line.received_requests().is_empty(), "no token was asked for");
}

#[tokio::test]
async fn a_header_that_is_set_stays() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["live"]);
    let service = AuthorizationLayer::new(tokens).layer(client);
    let mut request = to(PUSH);
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer of-the-user"));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!((response.status(), log.headers()), (StatusCode::UNAUTHORIZED, vec![bearer("of-the-user")]));
    assert!(line.received_requests().is_empty());
}

#[tokio::test]
async fn calls_for_tokens_carry_none() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["live"]);
    let service = AuthorizationLayer::new(tokens).layer(client);
    service.oneshot(to("https://api.line.me/oauth2/v3/token")).await.unwrap();
    assert_eq!(log.headers(), [None]);
    assert!(line.received_requests().is_empty(), "a source over this client would wait for itself");
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_token() {
    let (tokens, _) = cache(&["t0ken-text"]);
    tokens.warm_up().await.unwrap();
    let layer = AuthorizationLayer::new(tokens);
    let mut service = layer.layer(Client::accepting("live"));
    let shown = format!("{layer:?} {service:?}");
    let response = call(&mut service, to(PUSH)).await;
    let shown = format!("{shown} {response:?}");
    assert!(shown.contains("StatelessSource") && shown.contains("ResponseFuture"), "{shown}");
    assert!(!shown.contains("t0ken-text") && !shown.contains("s3cret"), "{shown}");
}
