//! What `Display` of an error says: the cause, in the same words as the backends of `line-channel-token`.

use http::Method;
use line_channel_token_core::{Limits, Sent, TransportErrorKind};
use tokio::net::TcpListener;

use crate::calls::{FORM, Make, PATH, backend, fails, generous_limits, message, request, timeout_after_sending};
use crate::run::Rule;
use crate::server::{Connection, Server, ok};

pub const RULE: Rule = Rule {
    says: "`Display` of an error names its cause in the words of the backends of line-channel-token",
    hint: "give the expected cause to `with_detail`; a backend with words of its own leaves `error_messages` out of the suite's \
           `with`",
};

/// One call, which must fail with this kind and this cause.
pub(crate) async fn check_cause(
    make: Make,
    url: &str,
    limits: Limits,
    kind: TransportErrorKind,
    sent: Sent,
    cause: &str,
) {
    let backend = backend(make);
    let error = fails(&*backend, request(Method::POST, url, FORM), limits, kind, sent, cause).await;
    assert_eq!(error.to_string(), message(kind, sent, cause));
}

/// No server listens.
pub async fn a_refused_connection_is_named(make: Make) {
    check_refused(make, "http").await;
}

pub(crate) async fn check_refused(make: Make, scheme: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("{scheme}://127.0.0.1:{port}{PATH}");
    let (kind, cause) = (TransportErrorKind::Connect, "connection refused");
    check_cause(make, &url, generous_limits(), kind, Sent::NotSent, cause).await;
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_host_is_a_dns_error(make: Make) {
    check_unknown_host(make, "http").await;
}

pub(crate) async fn check_unknown_host(make: Make, scheme: &str) {
    let url = format!("{scheme}://no-such-host.invalid{PATH}");
    let cause = "dns: no such host, or no name server responded";
    check_cause(make, &url, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, cause).await;
}

/// The URL says http, and the server sends what a TLS server sends when it gets a plain request: an alert.
pub async fn a_tls_port_is_suspected_behind_http(make: Make) {
    let tls = Server::plain(|mut connection| async move {
        connection.any_bytes().await;
        let _ = connection.write(b"\x15\x03\x01\x00\x02\x02\x46").await;
    })
    .await;
    let cause = "the response is not HTTP (a TLS port? use https)";
    check_cause(make, &tls.url(PATH), generous_limits(), TransportErrorKind::Other, Sent::Unknown, cause).await;
}

/// The ways in which a connection can break, and what is not HTTP.
pub async fn a_broken_exchange_says_how(make: Make) {
    type End = fn(Connection);
    let (interrupted, other) = (TransportErrorKind::Interrupted, TransportErrorKind::Other);
    let close: End = Connection::close_without_notify;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (start, end, kind, cause) in [
        (String::new(), Connection::reset as End, interrupted, "connection reset"),
        (String::new(), close, interrupted, "connection closed"),
        (format!("{chunked}c\r\nx"), close, interrupted, "connection closed"),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), drop, other, "the response is not HTTP (a TLS port? use https)"),
        (format!("{chunked}zz\r\n"), drop, other, "the response is not HTTP: the framing of its body is malformed"),
    ] {
        let server = Server::start(None, move |mut connection| {
            let start = start.clone();
            async move {
                if connection.respond(start).await.is_some() {
                    // What was written must arrive before the end, which can overtake it.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    end(connection);
                }
            }
        })
        .await;
        check_cause(make, &server.url(PATH), generous_limits(), kind, Sent::Unknown, cause).await;
    }
}

/// A duration has a unit, and a number of bytes too.
pub async fn an_exceeded_limit_is_named(make: Make) {
    let silent = Server::plain(|mut connection| async move { connection.closed().await }).await;
    let cause = "no complete response within 800 ms";
    let kind = TransportErrorKind::Timeout;
    check_cause(make, &silent.url(PATH), timeout_after_sending(), kind, Sent::Unknown, cause).await;

    let long = Server::plain(|mut connection| async move {
        connection.respond(ok("four")).await;
    })
    .await;
    let cause = "more than 3 bytes";
    let limits = generous_limits().with_max_body(3);
    check_cause(make, &long.url(PATH), limits, TransportErrorKind::BodyTooLarge, Sent::Unknown, cause).await;
}
