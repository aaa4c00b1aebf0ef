//! Connections that fail: before they stand, before the answer, in the middle of it.

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::net::TcpListener;

use crate::Make;
use crate::call::{ANSWER_SECRET, FORM, PATH, backend, both_fail, fails, request, roomy};
use crate::server::{Connection, Server};

/// Reads the request, writes `start`, lets that arrive, and then ends the connection.
async fn answer_and(end: fn(Connection), mut connection: Connection, start: String) {
    if connection.answer(start).await.is_some() {
        // A reset takes along what the client has not read yet. The call fails in the same way then, only earlier than
        // the case means, so a busy machine does no harm.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        end(connection);
    }
}

async fn interrupted(make: Make, end: fn(Connection), start: &str) {
    let start = start.replace("SECRET", ANSWER_SECRET);
    let server = Server::start(None, move |connection| answer_and(end, connection, start.clone())).await;
    both_fail(make, &server, roomy(), TransportErrorKind::Interrupted, Sent::Unknown).await;
    assert_eq!(server.connections(), 2, "a request was repeated");
}

/// RST after the request.
pub async fn a_reset_before_the_answer_is_an_interruption(make: Make) {
    interrupted(make, Connection::reset, "").await;
}

/// RST after a part of the body.
pub async fn a_reset_in_the_body_is_an_interruption(make: Make) {
    interrupted(make, Connection::reset, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSECRET").await;
}

/// FIN after the request.
pub async fn a_close_before_the_answer_is_an_interruption(make: Make) {
    interrupted(make, Connection::cut, "").await;
}

/// FIN after a part of the headers.
pub async fn a_close_in_the_headers_is_an_interruption(make: Make) {
    interrupted(make, Connection::cut, "HTTP/1.1 200 OK\r\nX-Secret: SECRET\r\nConte").await;
}

/// FIN after a part of the body.
pub async fn a_close_in_the_body_is_an_interruption(make: Make) {
    interrupted(make, Connection::cut, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSECRET").await;
}

/// FIN without the last chunk.
pub async fn a_close_in_a_chunked_body_is_an_interruption(make: Make) {
    interrupted(make, Connection::cut, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nSECRET\r\n").await;
}

/// Nobody listens.
pub async fn a_refused_connection_sent_nothing(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let backend = backend(make);
    for scheme in ["http", "https"] {
        for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
            let request = request(method, &format!("{scheme}://127.0.0.1:{port}{PATH}"), body);
            fails(&*backend, request, roomy(), TransportErrorKind::Connect, Sent::NotSent, scheme).await;
        }
    }
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_host_sent_nothing(make: Make) {
    let request = request(Method::POST, &format!("https://no-such-host.invalid{PATH}"), FORM);
    fails(&*backend(make), request, roomy(), TransportErrorKind::Connect, Sent::NotSent, "POST").await;
}

/// Another protocol listens there.
pub async fn an_answer_that_is_not_http_is_told_apart(make: Make) {
    for text in [
        "SSH-2.0-OpenSSH_9.9 s3cretANSWER\r\n",
        "HTTP/1.1 abc s3cretANSWER\r\n\r\n",
        "HTTP/1.1 200 OK\r\ns3cretANSWER\r\n\r\n",
    ] {
        let server = Server::start(None, move |mut connection| async move {
            connection.answer(text).await;
            connection.closed().await;
        })
        .await;
        both_fail(make, &server, roomy(), TransportErrorKind::Other, Sent::Unknown).await;
    }
}

/// The frame around the body is wrong.
pub async fn a_broken_chunk_size_is_an_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{ANSWER_SECRET}\r\n");
        connection.answer(text).await;
        connection.closed().await;
    })
    .await;
    both_fail(make, &server, roomy(), TransportErrorKind::Other, Sent::Unknown).await;
}

/// There is nowhere to send it.
pub async fn a_uri_that_is_not_absolute_sent_nothing(make: Make) {
    let backend = backend(make);
    for uri in [PATH, "ftp://127.0.0.1/oauth2/v3/token"] {
        let request = request(Method::POST, uri, FORM);
        let error = backend.send(request, roomy()).await.unwrap_err();
        assert_eq!(error.sent(), Sent::NotSent, "{uri}: {error:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

/// An error, and no panic, where the runtime is missing that the backend may need.
pub async fn a_call_outside_of_a_runtime_is_an_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.answer(crate::server::ok("{}")).await;
        connection.closed().await;
    })
    .await;
    let backend = backend(make);
    let request = request(Method::POST, &server.url("/oauth2/v3/token"), FORM);
    let outcome = std::thread::spawn(move || {
        let mut call = std::pin::pin!(backend.send(request, roomy()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match call.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Err(error)) => assert_eq!(error.sent(), Sent::NotSent, "{error:?}"),
            // A backend that needs no runtime goes on.
            std::task::Poll::Ready(Ok(_)) | std::task::Poll::Pending => {}
        }
    });
    outcome.join().expect("no panic");
}
