//! Connections that fail: before they are established, before the response, in the middle of it.

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::net::TcpListener;

use crate::calls::{
    FORM, Make, PATH, RESPONSE_SECRET, assert_names_cause, backend, both_fail, fails, generous_limits, request, texts,
};
use crate::run::Rule;
use crate::server::{Connection, Server, ok};

pub const RULE: Rule = Rule {
    says: "an error says what failed and whether the server may have got the request, and shows neither a URL nor a secret",
    hint: "use `Connect` with `Sent::NotSent` if there was no connection, `Interrupted` with `Sent::Unknown` if one broke, `Other` if what \
           came is not HTTP. `Sent::NotSent` is allowed only if provably no part of the request went out",
};

/// Reads the request, writes `start`, lets that arrive, and then ends the connection.
async fn respond_and(end: fn(Connection), mut connection: Connection, start: String) {
    if connection.respond(start).await.is_some() {
        // A reset discards what the client has not read yet. The call then fails with the same error, only earlier than
        // the case intends, so a busy machine does no harm.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        end(connection);
    }
}

async fn interrupted(make: Make, end: fn(Connection), start: &str) {
    let start = start.replace("SECRET", RESPONSE_SECRET);
    let server = Server::start(None, move |connection| respond_and(end, connection, start.clone())).await;
    both_fail(make, &server, generous_limits(), TransportErrorKind::Interrupted, Sent::Unknown).await;
    assert_eq!(server.connections(), 2, "the backend sent a request again, which only its caller may do");
}

/// RST after the request.
pub async fn a_reset_before_the_response_is_an_interruption(make: Make) {
    interrupted(make, Connection::reset, "").await;
}

/// RST after a part of the body.
pub async fn a_reset_in_the_body_is_an_interruption(make: Make) {
    interrupted(make, Connection::reset, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSECRET").await;
}

/// FIN after the request.
pub async fn a_close_before_the_response_is_an_interruption(make: Make) {
    interrupted(make, Connection::close_without_notify, "").await;
}

/// FIN after a part of the headers.
pub async fn a_close_in_the_headers_is_an_interruption(make: Make) {
    interrupted(make, Connection::close_without_notify, "HTTP/1.1 200 OK\r\nX-Secret: SECRET\r\nConte").await;
}

/// FIN after a part of the body.
pub async fn a_close_in_the_body_is_an_interruption(make: Make) {
    interrupted(make, Connection::close_without_notify, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSECRET").await;
}

/// FIN without the last chunk.
pub async fn a_close_in_a_chunked_body_is_an_interruption(make: Make) {
    interrupted(
        make,
        Connection::close_without_notify,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\nSECRET\r\n",
    )
    .await;
}

/// No server listens.
pub async fn a_refused_connection_sent_nothing(make: Make) {
    check_refused(make, "http").await;
}

pub(crate) async fn check_refused(make: Make, scheme: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &format!("{scheme}://127.0.0.1:{port}{PATH}"), body);
        fails(&*backend, request, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, scheme).await;
    }
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_host_sent_nothing(make: Make) {
    check_unknown_host(make, "http").await;
}

pub(crate) async fn check_unknown_host(make: Make, scheme: &str) {
    let request = request(Method::POST, &format!("{scheme}://no-such-host.invalid{PATH}"), FORM);
    fails(&*backend(make), request, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, scheme).await;
}

/// The server speaks another protocol.
pub async fn a_response_that_is_not_http_is_an_error(make: Make) {
    for text in [
        "SSH-2.0-OpenSSH_9.9 s3cretRESPONSE\r\n",
        "HTTP/1.1 abc s3cretRESPONSE\r\n\r\n",
        "HTTP/1.1 200 OK\r\ns3cretRESPONSE\r\n\r\n",
    ] {
        let server = Server::start(None, move |mut connection| async move {
            connection.respond(text).await;
            connection.closed().await;
        })
        .await;
        both_fail(make, &server, generous_limits(), TransportErrorKind::Other, Sent::Unknown).await;
    }
}

/// The chunked encoding is malformed.
pub async fn a_broken_chunk_size_is_an_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{RESPONSE_SECRET}\r\n");
        connection.respond(text).await;
        connection.closed().await;
    })
    .await;
    both_fail(make, &server, generous_limits(), TransportErrorKind::Other, Sent::Unknown).await;
}

/// The URI names no server, or a scheme that is not HTTP.
pub async fn a_uri_that_is_not_absolute_sent_nothing(make: Make) {
    let backend = backend(make);
    for uri in [PATH, "ftp://127.0.0.1/oauth2/v3/token"] {
        let request = request(Method::POST, uri, FORM);
        let error = backend.send(request, generous_limits()).await.unwrap_err();
        assert_eq!(error.sent(), Sent::NotSent, "{uri}: {error:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

/// An error, and no panic, if the runtime is missing that the backend may need.
pub async fn a_call_outside_of_a_runtime_is_an_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.respond(ok("{}")).await;
        connection.closed().await;
    })
    .await;
    let backend = backend(make);
    let request = request(Method::POST, &server.url("/oauth2/v3/token"), FORM);
    let outcome = std::thread::spawn(move || {
        let mut call = std::pin::pin!(backend.send(request, generous_limits()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match call.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Err(error)) => assert_eq!(error.sent(), Sent::NotSent, "{error:?}"),
            // A backend that needs no runtime goes on.
            std::task::Poll::Ready(Ok(_)) | std::task::Poll::Pending => {}
        }
    });
    outcome.join().expect("the backend panics outside of a Tokio runtime: return an error with `Sent::NotSent`");
}

/// A pasted secret can look like a scheme or a host.
pub async fn an_unusable_url_is_not_shown(make: Make) {
    let backend = backend(make);
    for url in ["s3cret://example.org/", "ftp://s3cret.invalid/", "s3cret.invalid:80", "/s3cret"] {
        let error = backend.send(request(Method::POST, url, FORM), generous_limits()).await.unwrap_err();
        assert_eq!(error.sent(), Sent::NotSent, "{url}: {error}");
        assert_names_cause(&error);
        let text = texts(&error);
        assert!(!text.contains("s3cret"), "{url}: {text}");
    }
}
