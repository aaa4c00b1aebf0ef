//! A service beside the emulator's paths: an axum router over the same port.

use crate::raw::Wire;
use crate::support::*;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::StatusCode;
use axum::routing::{get, post};
use http_body::Frame;
use line_channel_token_emulator::{Emulator, EmulatorServer, Fault, PeerAddr};

/// What looks like a response that hyper makes by itself.
const LOOKS_LIKE_A_HEAD: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

/// A body of these chunks, each sent by itself.
struct Chunks(Vec<&'static str>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.pop().map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
    }
}

fn router() -> Router {
    Router::new()
        .route("/peer", get(|Extension(PeerAddr(peer)): Extension<PeerAddr>| async move { peer.to_string() }))
        .route("/echo", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/bad", get(|| async { StatusCode::BAD_REQUEST }))
        .route("/text", get(|| async { LOOKS_LIKE_A_HEAD }))
        .route("/stream", get(|| async { Body::new(Chunks(vec![LOOKS_LIKE_A_HEAD; 3])) }))
        .route("/oauth2/v3/token", post(|| async { "never" }))
        .layer(DefaultBodyLimit::max(100_000))
}

async fn serve() -> (Emulator, EmulatorServer) {
    let emulator = emulator().0;
    let server = emulator.server().fallback(router()).serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    (emulator, server)
}

fn get_request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

#[tokio::test]
async fn other_paths_are_the_fallbacks() {
    let (_, server) = serve().await;
    let mut wire = Wire::connect(&server).await;
    let reply = wire.ask(get_request("/peer")).await;
    assert_eq!((reply.status, reply.body), (200, wire.0.local_addr().unwrap().to_string()));
    let issue = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    for path in ["/oauth2/v3/token", "//oauth2/v3/token"] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{issue}",
            issue.len()
        );
        assert!(wire.ask(request).await.body.contains("access_token"), "{path} is the emulator's");
    }
    assert_eq!(wire.ask(get_request("/v2/bot/info")).await.status, 401, "a resource too");
    assert_eq!(wire.ask(get_request("/nowhere")).await.find("x-line-request-id"), None, "axum's 404");
    let large = "a".repeat(100_001);
    for (length, status) in [(0, 200), (100_000, 200), (100_001, 413)] {
        let body = &large[..length];
        let reply = wire.ask(format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")).await;
        assert_eq!(reply.status, status, "{length}");
    }
}

#[tokio::test]
async fn fallback_responses_are_left_alone() {
    let (_, server) = serve().await;
    let mut wire = Wire::connect(&server).await;
    let reply = wire.ask(get_request("/bad")).await;
    assert_eq!((reply.status, reply.body.as_str(), reply.find("x-line-request-id")), (400, "", None));
    assert_eq!(wire.ask(get_request("/text")).await.body, LOOKS_LIKE_A_HEAD);
    wire.send(get_request("/stream").replace("Host: x", "Host: x\r\nConnection: close")).await;
    let mut received = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut wire.0, &mut received).await.unwrap();
    assert_eq!(received.matches(LOOKS_LIKE_A_HEAD).count(), 3, "{received}");

    let mut wire = Wire::connect(&server).await;
    let reply = wire.ask("no http\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("x-line-request-id").len()), (400, 36), "hyper's own is still replaced");
}

#[tokio::test]
async fn fallback_requests_meet_no_fault() {
    let (emulator, server) = serve().await;
    emulator.inject(Fault::hang().until_cleared());
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(get_request("/peer")).await.status, 200);
    assert_eq!(emulator.faults()[0].used, 0);
}

#[tokio::test]
async fn an_injected_body_is_left_alone() {
    let (emulator, server) = serve().await;
    emulator.inject(Fault::status(200).unwrap().with_body(LOOKS_LIKE_A_HEAD));
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(get_request("/v2/bot/info")).await.body, LOOKS_LIKE_A_HEAD);
}
