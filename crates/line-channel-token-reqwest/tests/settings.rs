//! What the settings of the builder do on the wire.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{HttpBackend, Limits, Sent, TransportErrorKind};
use line_channel_token_reqwest::ReqwestBackend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);

fn to(url: String) -> Request<Bytes> {
    Request::post(url).body(Bytes::from_static(b"a=b")).unwrap()
}

#[tokio::test]
async fn the_connect_timeout_covers_tls_and_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let backend = ReqwestBackend::builder().connect_timeout(Duration::from_millis(100)).build().unwrap();
    let call = backend.send(to(url), Limits::default().with_timeout(Duration::from_secs(60)));
    let error = timeout(SOON, call).await.expect("the connect timeout is kept").unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
    assert_eq!(error.to_string(), "could not connect: connecting took longer than 100 ms");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let backend = ReqwestBackend::builder().pool_idle_timeout(Duration::from_millis(100)).build().unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        while stream.read(&mut request).await.unwrap_or(0) > 0 {}
    };
    let call = async { backend.send(to(url), Limits::default()).await.unwrap() };
    let (response, ()) = timeout(SOON, async { tokio::join!(call, server) }).await.expect("the connection is closed");
    assert_eq!(response.body(), "ok");
}
