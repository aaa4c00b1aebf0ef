//! The rules of tower: a service is polled ready before each call, and stacks of services go together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use line_channel_token_tower::{AuthorizationLayer, BoxError};
use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
use tower::util::{BoxCloneService, BoxCloneSyncService};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::support::{Body, Client, bearer, cache, push};

#[tokio::test]
async fn a_limit_below_lets_the_second_attempt_through() {
    let (tokens, _) = cache(&["dead", "live"]);
    let service = ServiceBuilder::new()
        .layer(AuthorizationLayer::new(tokens))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(Client::accepting("live"));
    for _ in 0..3 {
        assert_eq!(service.clone().oneshot(push()).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_limit_above_counts_both_attempts_as_one() {
    let (tokens, _) = cache(&["dead", "live"]);
    let service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(AuthorizationLayer::new(tokens))
        .service(Client::accepting("live"));
    assert_eq!(service.oneshot(push()).await.unwrap().status(), StatusCode::OK);
}

/// A client with a single connection, which an open response holds.
#[derive(Clone)]
struct OneConnection(Client);

impl Service<Request<String>> for OneConnection {
    type Response = Response<Body>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Response<Body>, std::io::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        assert_eq!(self.0.log().open_responses.load(SeqCst), 0, "it would wait for ever");
        Service::<Request<String>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        self.0.call(request)
    }
}

#[tokio::test]
async fn the_first_response_frees_its_connection() {
    let (tokens, _) = cache(&["dead", "live"]);
    let service = AuthorizationLayer::new(tokens).layer(OneConnection(Client::accepting("live")));
    assert_eq!(service.oneshot(push()).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn boxed_and_buffered_services_go_together() {
    let (tokens, _) = cache(&["dead", "live"]);
    let client = Client::accepting("live");
    let log = client.log();
    let boxed: BoxCloneService<Request<String>, Response<Body>, std::io::Error> = BoxCloneService::new(client);
    let service = ServiceBuilder::new()
        .layer(AuthorizationLayer::new(tokens))
        .buffer(4)
        .layer(RateLimitLayer::new(100, Duration::from_secs(1)))
        .service(boxed);
    let service: BoxCloneSyncService<Request<String>, Response<Body>, BoxError> = BoxCloneSyncService::new(service);
    assert_eq!(service.clone().oneshot(push()).await.unwrap().status(), StatusCode::OK);
    let buffered = ServiceBuilder::new().buffer(4).service(service);
    assert_eq!(buffered.oneshot(push()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(log.headers(), [bearer("dead"), bearer("live"), bearer("live")]);
}

/// A client that after the first request is busy for a while, or breaks.
#[derive(Clone)]
struct Busy {
    client: Client,
    busy: Arc<AtomicUsize>,
    breaks: bool,
}

impl Service<Request<String>> for Busy {
    type Response = Response<Body>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Response<Body>, std::io::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        if self.client.log().sent().is_empty() || self.busy.load(SeqCst) == 0 {
            return Service::<Request<String>>::poll_ready(&mut self.client, cx);
        }
        if self.breaks {
            return Poll::Ready(Err(std::io::Error::other("closed")));
        }
        self.busy.fetch_sub(1, SeqCst);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        self.client.call(request)
    }
}

#[tokio::test]
async fn a_client_that_is_busy_after_the_401_is_waited_for() {
    let busy = Arc::new(AtomicUsize::new(3));
    let client = Busy { client: Client::accepting("live"), busy: busy.clone(), breaks: false };
    let (tokens, _) = cache(&["dead", "live"]);
    let response = AuthorizationLayer::new(tokens).layer(client).oneshot(push()).await.unwrap();
    assert_eq!((response.status(), busy.load(SeqCst)), (StatusCode::OK, 0));
}

#[tokio::test]
async fn a_client_that_breaks_after_the_401_says_so() {
    let client = Busy { client: Client::accepting("live"), busy: Arc::new(AtomicUsize::new(1)), breaks: true };
    let log = client.client.log();
    let (tokens, _) = cache(&["dead", "live"]);
    let error = AuthorizationLayer::new(tokens).layer(client).oneshot(push()).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), log.headers().len()), ("closed", 1));
    assert_eq!(log.open_responses.load(SeqCst), 0);
}

/// Never ready, or ready and then broken.
#[derive(Clone)]
struct Unready(Option<&'static str>);

impl Service<Request<String>> for Unready {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = std::future::Ready<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.0.map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        panic!("it was not ready")
    }
}

#[tokio::test]
async fn readiness_is_that_of_the_client() {
    let (tokens, _) = cache(&["live"]);
    let layer = AuthorizationLayer::new(tokens);
    let mut cx = Context::from_waker(Waker::noop());
    let mut pending = layer.layer(Unready(None));
    assert!(Service::<Request<String>>::poll_ready(&mut pending, &mut cx).is_pending());
    let mut broken = layer.layer(Unready(Some("closed")));
    let Poll::Ready(Err(error)) = Service::<Request<String>>::poll_ready(&mut broken, &mut cx) else {
        panic!("it is broken");
    };
    assert_eq!(error.to_string(), "closed");
}
