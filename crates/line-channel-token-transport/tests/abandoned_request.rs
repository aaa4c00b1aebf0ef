//! What hyper's HTTP/1 client writes of a request that was given up just before it came to the connection.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::{Method, Request};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use line_channel_token_core::Sent;
use line_channel_token_transport::{Abandoned, TrackedBody, chain};
use tokio::io::AsyncReadExt;

/// Sends a request over a connection of its own, which ends afterwards. Returns all that the server got.
async fn written(method: Method, form: &'static str, abandon: bool) -> Vec<u8> {
    let (client, mut server) = tokio::io::duplex(64 * 1024);
    let (mut sender, connection) = http1::handshake(TokioIo::new(client)).await.unwrap();
    let (body, progress) = TrackedBody::new(Bytes::from_static(form.as_bytes()));
    let request = Request::builder().method(method).uri("/path?query").header("host", "localhost").body(body).unwrap();
    // The request's future lives on, so what holds the request back is its body alone.
    let response = sender.send_request(request);
    if abandon {
        assert_eq!(progress.abandon(), Sent::NotSent);
    }
    let server = async {
        let mut bytes = vec![0; 4096];
        let count = server.read(&mut bytes).await.unwrap();
        bytes.truncate(count);
        drop(server);
        bytes
    };
    let (outcome, _, bytes) = tokio::join!(response, connection, server);
    let error = outcome.unwrap_err();
    assert_eq!(chain(&error).any(|cause| cause.is::<Abandoned>()), abandon, "{error:?}");
    bytes
}

#[tokio::test]
async fn no_byte_of_an_abandoned_request_is_written() {
    for (method, form) in [(Method::GET, ""), (Method::POST, "a=b"), (Method::POST, "")] {
        let bytes = written(method.clone(), form, true).await;
        assert_eq!(String::from_utf8_lossy(&bytes), "", "{method} {form:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_not_abandoned_is_written() {
    for (method, form) in [(Method::GET, ""), (Method::POST, "a=b"), (Method::POST, "")] {
        let bytes = written(method.clone(), form, false).await;
        assert!(bytes.starts_with(format!("{method} /path?query HTTP/1.1\r\n").as_bytes()));
    }
}
