//! What holds even for a client that was not built as `from_client` asks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue};
use http::{Method, Request};
use line_channel_token_core::{HttpBackend, Limits, Sent, TransportErrorKind};
use line_channel_token_reqwest::ReqwestBackend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// A client as reqwest makes it by default, but for its TLS, which this build gives no provider to.
fn careless() -> reqwest::ClientBuilder {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls)
}

/// Redirects the first request and responds to the others. Returns its URL and the text of the others.
async fn redirecting(status: u16) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(String::new()));
    let (origin, log) = (url.clone(), Arc::clone(&seen));
    tokio::spawn(async move {
        let mut first = true;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let mut length = stream.read(&mut request).await.unwrap();
            // Head and body may come in two pieces.
            while let Ok(Ok(more @ 1..)) =
                tokio::time::timeout(Duration::from_millis(30), stream.read(&mut request[length..])).await
            {
                length += more;
            }
            let response = if first {
                format!(
                    "HTTP/1.1 {status} Moved\r\nLocation: {origin}/elsewhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )
            } else {
                log.lock().await.push_str(&String::from_utf8_lossy(&request[..length]));
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}".to_owned()
            };
            first = false;
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    (url, seen)
}

#[tokio::test]
async fn a_redirect_that_the_client_followed_fails_the_call() {
    let (url, _) = redirecting(302).await;
    let backend = ReqwestBackend::from_client(careless().build().unwrap());
    let request = Request::builder().method(Method::GET).uri(format!("{url}/?access_token=s3cret"));
    let error = backend.send(request.body(Bytes::new()).unwrap(), Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Other, Sent::Unknown));
    assert!(error.to_string().contains("redirect(Policy::none())"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_request_body_is_not_sent_a_second_time() {
    for status in [301, 302, 303, 307, 308] {
        let (url, seen) = redirecting(status).await;
        let backend = ReqwestBackend::from_client(careless().build().unwrap());
        let request = Request::post(format!("{url}/")).body(Bytes::from_static(b"client_secret=s3cret")).unwrap();
        // Followed without the body, which fails, or not followed: a response like any other.
        if let Ok(response) = backend.send(request, Limits::default()).await {
            assert_eq!(response.status(), status);
        }
        assert!(!seen.lock().await.contains("s3cret"), "{status}");
    }
}

#[tokio::test]
async fn an_error_of_the_clients_own_redirect_policy_names_no_url() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let other = careless().build().unwrap();
    let nested = other.get(format!("http://{closed}/?access_token=s3cret")).send().await.unwrap_err();
    assert!(format!("{nested:?}").contains("s3cret"), "the case tests nothing");

    let (url, _) = redirecting(302).await;
    let nested = std::sync::Mutex::new(Some(nested));
    let policy = reqwest::redirect::Policy::custom(move |attempt| {
        let nested = nested.lock().unwrap().take().unwrap();
        attempt.error(nested)
    });
    let backend = ReqwestBackend::from_client(careless().redirect(policy).build().unwrap());
    let request = Request::get(format!("{url}/?access_token=s3cret")).body(Bytes::new()).unwrap();
    let error = backend.send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Other, Sent::Unknown));
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_timeout_of_the_clients_own_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let backend = ReqwestBackend::from_client(careless().timeout(Duration::from_millis(100)).build().unwrap());
    let request = Request::post(url).body(Bytes::from_static(b"a=b")).unwrap();
    let error = backend.send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Timeout, Sent::Unknown), "{error:?}");
    assert_eq!(error.to_string(), "the deadline passed: the client's own timeout passed");
}

#[tokio::test]
async fn a_connect_timeout_of_the_clients_own_is_told_without_its_length() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let client = careless().connect_timeout(Duration::from_millis(100)).build().unwrap();
    let request = Request::post(url).body(Bytes::from_static(b"a=b")).unwrap();
    let error = ReqwestBackend::from_client(client).send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
    assert_eq!(error.to_string(), "could not connect: connecting took longer than the client allows");
}

/// The caller's own resolver fails, with a text that holds what it should not.
#[tokio::test]
async fn the_text_of_the_clients_own_resolver_is_not_repeated() {
    struct Resolver;
    impl reqwest::dns::Resolve for Resolver {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(async { Err("s3cret".into()) })
        }
    }
    let client = careless().dns_resolver(Resolver).build().unwrap();
    let request = Request::get("https://s3cret.example/?access_token=s3cret").body(Bytes::new()).unwrap();
    let error = ReqwestBackend::from_client(client).send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
    assert_eq!(error.to_string(), "could not connect: dns: no such host, or no name server responded");
    assert!(!format!("{error:?}{:?}", error.source()).contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_refusal_of_the_clients_own_proxy_is_named() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:s3cret@{}", proxy.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = proxy.accept().await {
            let count = stream.read(&mut [0; 4096]).await.unwrap();
            assert!(count > 0);
            stream.write_all(b"HTTP/1.1 407 s3cret\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
    });
    let client = careless().proxy(reqwest::Proxy::all(url).unwrap()).build().unwrap();
    let request = Request::get("https://line.example/?access_token=s3cret").body(Bytes::new()).unwrap();
    let error = ReqwestBackend::from_client(client).send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
    let cause = "the proxy refused: 407 proxy authentication required (user and password in its URL?)";
    assert_eq!(error.to_string(), format!("could not connect: {cause}"));
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn default_headers_of_the_client_are_not_shown() {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static("s3cret"));
    let client = careless().default_headers(headers).build().unwrap();
    assert!(format!("{client:?}").contains("s3cret"), "the case tests nothing");
    assert!(!format!("{:?}", ReqwestBackend::from_client(client)).contains("s3cret"));
}
