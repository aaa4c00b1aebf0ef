//! What `Display` of an error says: the cause, in the same words for every backend.

use std::sync::Arc;

use http::Method;
use line_channel_token_core::{Limits, Sent, TransportErrorKind};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::Make;
use crate::authority::{Shows, server_config};
use crate::call::{FORM, PATH, backend, enough_to_send, fails, post, request, roomy, short};
use crate::server::{Connection, Server, ok};

async fn says(make: Make, url: &str, limits: Limits, kind: TransportErrorKind, sent: Sent, words: &str) {
    let backend = backend(make);
    let error = fails(&*backend, request(Method::POST, url, FORM), limits, kind, sent, words).await;
    assert_eq!(error.to_string(), words);
}

/// Nobody listens.
pub async fn a_refused_connection_is_called_so(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://127.0.0.1:{port}{PATH}");
        says(make, &url, roomy(), TransportErrorKind::Connect, Sent::NotSent, "could not connect: connection refused")
            .await;
    }
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_host_is_a_matter_of_dns(make: Make) {
    let url = format!("https://no-such-host.invalid{PATH}");
    let words = "could not connect: dns: no such host, or no name server responded";
    says(make, &url, roomy(), TransportErrorKind::Connect, Sent::NotSent, words).await;
}

/// Each way in which a certificate can be wrong.
pub async fn a_refused_certificate_says_why(make: Make) {
    for (shows, why) in [
        (Shows::Expired, "it expired"),
        (Shows::AnotherHost, "it is for another host"),
        (Shows::UnknownAuthority, "unknown issuer (a private CA, or a proxy that reads TLS? add its root)"),
        (
            Shows::OfAnAuthority,
            "a CA certificate is used as the server's own (self-signed by `openssl req -x509`: make it with \
             basicConstraints=CA:FALSE)",
        ),
        (Shows::OfAClient, "it is not meant for servers (extended key usage)"),
    ] {
        let server = Server::tls(shows, |mut connection| async move { connection.closed().await }).await;
        let words = format!("the server's certificate is not trusted: {why}");
        says(make, &server.url(PATH), roomy(), TransportErrorKind::Certificate, Sent::NotSent, &words).await;
    }
}

/// Plain HTTP where TLS was asked for, and the other way round.
pub async fn plain_http_and_tls_are_told_apart(make: Make) {
    let plain = Server::plain(|mut connection| async move {
        let _ = connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let url = plain.url(PATH).replace("http://", "https://");
    let words = "could not connect: no TLS: the port does not speak TLS (plain http?)";
    says(make, &url, roomy(), TransportErrorKind::Connect, Sent::NotSent, words).await;

    // What a TLS server sends when it gets a plain request: an alert.
    let tls = Server::plain(|mut connection| async move {
        connection.some_bytes().await;
        let _ = connection.write(b"\x15\x03\x01\x00\x02\x02\x46").await;
    })
    .await;
    let words = "the exchange failed: the response is not HTTP (a TLS port? use https)";
    says(make, &tls.url(PATH), roomy(), TransportErrorKind::Other, Sent::Unknown, words).await;
}

/// The ways in which a connection can break, and what is no HTTP.
pub async fn a_broken_exchange_says_how(make: Make) {
    type End = fn(Connection);
    let (interrupted, other) = (TransportErrorKind::Interrupted, TransportErrorKind::Other);
    let (broke, failed) = ("the connection broke before the answer was complete", "the exchange failed");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (start, end, kind, words) in [
        (String::new(), Connection::reset as End, interrupted, format!("{broke}: connection reset")),
        (String::new(), Connection::cut, interrupted, format!("{broke}: connection closed")),
        (format!("{chunked}c\r\nx"), Connection::cut, interrupted, format!("{broke}: connection closed")),
        (
            "SSH-2.0-OpenSSH\r\n".to_owned(),
            drop,
            other,
            format!("{failed}: the response is not HTTP (a TLS port? use https)"),
        ),
        (
            format!("{chunked}zz\r\n"),
            drop,
            other,
            format!("{failed}: the response is not HTTP: the frame around its body is broken"),
        ),
    ] {
        let server = Server::start(None, move |mut connection| {
            let start = start.clone();
            async move {
                if connection.answer(start).await.is_some() {
                    // What was written must arrive before the end, which can overtake it.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    end(connection);
                }
            }
        })
        .await;
        says(make, &server.url(PATH), roomy(), kind, Sent::Unknown, &words).await;
    }
}

/// A duration has a unit, and a number of bytes too.
pub async fn a_limit_that_was_met_is_named(make: Make) {
    let silent = Server::plain(|mut connection| async move { connection.closed().await }).await;
    let words = "the deadline passed: no complete response within 800 ms";
    says(make, &silent.url(PATH), enough_to_send(), TransportErrorKind::Timeout, Sent::Unknown, words).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}{PATH}", listener.local_addr().unwrap());
    let words = "the deadline passed: no complete response within 200 ms";
    says(make, &url, short(), TransportErrorKind::Timeout, Sent::NotSent, words).await;

    let wordy = Server::plain(|mut connection| async move {
        connection.answer(ok("four")).await;
    })
    .await;
    let words = "the response body is larger than allowed: more than 3 bytes";
    let limits = roomy().with_max_body(3);
    says(make, &wordy.url(PATH), limits, TransportErrorKind::BodyTooLarge, Sent::Unknown, words).await;
}

/// A pasted secret can look like a scheme or a host.
pub async fn an_unusable_url_is_not_repeated(make: Make) {
    let backend = backend(make);
    for url in ["s3cret://example.org/", "ftp://s3cret.invalid/", "s3cret.invalid:80", "/s3cret"] {
        let error = backend.send(request(Method::POST, url, FORM), roomy()).await.unwrap_err();
        assert_eq!(error.sent(), Sent::NotSent, "{url}: {error}");
        assert!(error.to_string().contains(": "), "no cause is told: {error}");
        let text = crate::call::texts(&error);
        assert!(!text.contains("s3cret"), "{url}: {text}");
    }
}

/// The server speaks HTTP/2 alone. A client of the caller's may not say what it speaks.
pub async fn a_server_without_http_1_is_told_apart(make: Make) {
    let mut config = server_config(Shows::Valid, rustls::ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(Some(acceptor), |mut connection| async move { connection.closed().await }).await;
    let error = fails(&*backend(make), post(&server), roomy(), TransportErrorKind::Connect, Sent::NotSent, "h2").await;
    assert_eq!(error.to_string(), "could not connect: TLS: the server does not offer HTTP/1.1 (ALPN)");
}
