//! What a 401 leads to.

use std::sync::atomic::Ordering::SeqCst;

use http::{Request, StatusCode};
use line_channel_token_cache::{Shutdown, StaticSource, TokenCache};
use line_channel_token_core::{AccessToken, Error};
use line_channel_token_tower::{AuthorizationLayer, SendOnce};
use tower::{Layer, ServiceExt};

use crate::support::{Client, bearer, cache, push};

#[tokio::test]
async fn a_refused_token_is_replaced() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["dead", "live"]);
    let service = AuthorizationLayer::new(tokens.clone()).layer(client);
    let response = service.clone().oneshot(push()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let both = [(bearer("dead"), "hello".to_owned()), (bearer("live"), "hello".to_owned())];
    assert_eq!(log.sent(), both, "with the same body");
    assert!(service.oneshot(push()).await.unwrap().status().is_success());
    assert_eq!((log.sent().len(), line.received_requests().len()), (3, 2), "the live token stays");
}

#[tokio::test]
async fn a_second_401_is_returned() {
    let client = Client::accepting("another");
    let log = client.log();
    let (tokens, line) = cache(&["dead", "dead-too", "a-third"]);
    let response = AuthorizationLayer::new(tokens).layer(client).oneshot(push()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(log.headers(), [bearer("dead"), bearer("dead-too")]);
    assert_eq!(line.received_requests().len(), 2);
}

#[tokio::test]
async fn an_outage_returns_the_401() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, _) = cache(&["dead"]);
    let response = AuthorizationLayer::new(tokens).layer(client).oneshot(push()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(log.headers(), [bearer("dead")]);
    assert_eq!(log.open_responses.load(SeqCst), 1, "the first one, with its body");
}

#[tokio::test]
async fn a_token_without_another_returns_the_401() {
    let client = Client::accepting("live");
    let log = client.log();
    let tokens = TokenCache::new(StaticSource::new(AccessToken::new("dead").unwrap()));
    let service = AuthorizationLayer::new(tokens).layer(client);
    for sent in 1..4 {
        assert_eq!(service.clone().oneshot(push()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(log.headers().len(), sent);
    }
}

#[tokio::test]
async fn a_shut_down_cache_returns_the_401() {
    let (tokens, _) = cache(&["dead", "live"]);
    tokens.warm_up().await.unwrap();
    tokens.shutdown(Shutdown::default()).await;
    let response = AuthorizationLayer::new(tokens).layer(Client::accepting("live")).oneshot(push()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_a_first_token_nothing_is_sent() {
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, _) = cache(&[]);
    let error = AuthorizationLayer::new(tokens).layer(client).oneshot(push()).await.unwrap_err();
    assert_eq!(
        error.downcast_ref::<Error>().and_then(Error::status),
        Some(StatusCode::INTERNAL_SERVER_ERROR),
        "{error}"
    );
    assert!(log.sent().is_empty());
}

#[tokio::test]
async fn errors_of_the_client_are_its_own() {
    let (tokens, line) = cache(&["live"]);
    let service = AuthorizationLayer::new(tokens).layer(Client::accepting("no connection"));
    let error = service.oneshot(push()).await.unwrap_err();
    assert_eq!(error.downcast::<std::io::Error>().unwrap().to_string(), "no connection");
    assert_eq!(line.received_requests().len(), 1, "nothing was invalidated");
}

#[tokio::test]
async fn a_body_that_is_sent_once_returns_the_401() {
    // Neither `Clone` nor anything else.
    #[derive(Debug)]
    struct Upload;
    impl From<Upload> for String {
        fn from(Upload: Upload) -> Self {
            "an upload".to_owned()
        }
    }
    let client = Client::accepting("live");
    let log = client.log();
    let (tokens, line) = cache(&["dead", "live"]);
    let service = AuthorizationLayer::new(tokens).layer(client);
    let upload = || push().map(|_| SendOnce::new(Upload));
    let response = service.clone().oneshot(upload()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((log.headers(), line.received_requests().len()), (vec![bearer("dead")], 1));
    assert_eq!(service.oneshot(upload()).await.unwrap().status(), StatusCode::OK, "the token was invalidated");
    assert_eq!(log.sent().last().unwrap(), &(bearer("live"), "an upload".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_cause_one_issue() {
    let client = Client::accepting("live");
    let (tokens, line) = cache(&["dead", "live"]);
    tokens.warm_up().await.unwrap();
    let service = AuthorizationLayer::new(tokens).layer(client);
    let callers: Vec<_> = (0..200).map(|_| tokio::spawn(service.clone().oneshot(push()))).collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(line.received_requests().len(), 2, "the dead one and the next");
}

#[tokio::test]
async fn a_late_401_spares_the_next_token() {
    let (tokens, line) = cache(&["dead", "live"]);
    let others = tokens.clone();
    let client = tower::service_fn(move |request: Request<String>| {
        let tokens = others.clone();
        async move {
            let is_live = request.headers()["authorization"] == "Bearer live";
            if !is_live {
                // Somebody else meets the 401 first.
                tokens.invalidate(&tokens.try_token().unwrap());
                tokens.token().await.unwrap();
            }
            let mut response = http::Response::new(());
            *response.status_mut() = if is_live { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            Ok::<_, std::io::Error>(response)
        }
    });
    let response = AuthorizationLayer::new(tokens.clone()).layer(client).oneshot(push()).await.unwrap();
    assert_eq!((response.status(), line.received_requests().len()), (StatusCode::OK, 2));
    assert_eq!(tokens.token().await.unwrap().header_value(), "Bearer live");
}
