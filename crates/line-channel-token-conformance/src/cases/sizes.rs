//! The limit on the response body.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use line_channel_token_core::{Limits, Sent, TransportErrorKind};

use super::connections::settle;
use crate::calls::{Make, RESPONSE_SECRET, backend, both_fail, fails, generous_limits, post, succeeds_with};
use crate::run::Rule;
use crate::server::{Connection, Server};

pub const RULE: Rule = Rule {
    says: "a response body of more than `Limits::max_body` bytes is an error, and the rest of it is not read",
    hint: "compare Content-Length with the limit before reading, count the bytes that come, and return `BodyTooLarge` with \
           `Sent::Unknown` at the first byte too many; then close the connection rather than reading on",
};

const MAX_BODY: usize = 40_000;

fn limited() -> Limits {
    generous_limits().with_max_body(MAX_BODY)
}

async fn too_large(make: Make, server: &Server) {
    both_fail(make, server, limited(), TransportErrorKind::BodyTooLarge, Sent::Unknown).await;
}

/// A body of exactly `max_body` bytes is allowed, in each framing.
pub async fn a_body_at_the_limit_is_accepted(make: Make) {
    let body = "b".repeat(MAX_BODY);
    for text in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {MAX_BODY}\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{MAX_BODY:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
    ] {
        let server = Server::start(None, move |mut connection| {
            let text = text.clone();
            async move {
                connection.respond(text).await;
                connection.shut_down().await;
            }
        })
        .await;
        let response = succeeds_with(&*backend(make), post(&server), limited()).await;
        assert_eq!(response.body(), body.as_bytes());
    }
}

/// One byte too many by Content-Length, and none is sent: the header is enough.
pub async fn a_body_announced_as_too_large_is_an_error_at_once(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.respond(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_BODY + 1)).await;
        connection.closed().await;
    })
    .await;
    too_large(make, &server).await;
}

async fn flood(mut connection: Connection, head: &str, piece: String) {
    connection.respond(head).await;
    while connection.write(&piece).await.is_ok() {}
}

/// Neither a length nor an end comes.
pub async fn an_endless_chunked_body_is_an_error(make: Make) {
    let server = Server::plain(|connection| {
        let piece = format!("{:x}\r\n{RESPONSE_SECRET}\r\n", RESPONSE_SECRET.len());
        flood(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece)
    })
    .await;
    too_large(make, &server).await;
}

/// The body would end with the connection, which does not end.
pub async fn an_endless_body_without_a_length_is_an_error(make: Make) {
    let server =
        Server::plain(|connection| flood(connection, "HTTP/1.0 200 OK\r\n\r\n", RESPONSE_SECRET.repeat(500))).await;
    too_large(make, &server).await;
}

/// Far more than the buffers of both operating systems hold.
const OFFERED: usize = 128 << 20;
/// More than they hold: what the server can write although the client does not read.
const BUFFERED: usize = 32 << 20;

/// The server would send 128 MiB, with a length, in chunks, or up to the end of the connection, and gets rid of a part of it alone.
pub async fn the_rest_of_a_body_over_the_limit_is_not_read(make: Make) {
    const PIECE: usize = 64 << 10;
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {OFFERED}\r\n\r\n");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    let until_the_end = "HTTP/1.0 200 OK\r\n\r\n".to_owned();
    let data = "b".repeat(PIECE);
    for (head, piece, end) in [
        (length, data.clone(), ""),
        (chunked, format!("{PIECE:x}\r\n{data}\r\n"), "0\r\n\r\n"),
        (until_the_end, data, ""),
    ] {
        let written = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&written);
        let server = Server::start(None, move |mut connection| {
            let (head, piece, counter) = (head.clone(), piece.clone(), Arc::clone(&counter));
            async move {
                connection.respond(head).await;
                for _ in 0..OFFERED / PIECE {
                    if connection.write(&piece).await.is_err() {
                        return;
                    }
                    counter.fetch_add(PIECE, Ordering::SeqCst);
                }
                let _ = connection.write(end).await;
                connection.shut_down().await;
            }
        })
        .await;
        let backend = backend(make);
        let call = post(&server);
        fails(&*backend, call, limited(), TransportErrorKind::BodyTooLarge, Sent::Unknown, "128 MiB").await;
        // What is read on goes on now.
        settle().await;
        let written = written.load(Ordering::SeqCst);
        assert!(written < BUFFERED, "the server got rid of {written} bytes, of which {MAX_BODY} are allowed");
    }
}

/// Everything comes at once, and no length says how much.
pub async fn a_short_body_over_a_short_limit_is_an_error(make: Make) {
    for text in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfo\r\n2\r\nur\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nfour",
    ] {
        let server = Server::start(None, move |mut connection| async move {
            connection.respond(text).await;
            connection.shut_down().await;
        })
        .await;
        let limits = generous_limits().with_max_body(3);
        both_fail(make, &server, limits, TransportErrorKind::BodyTooLarge, Sent::Unknown).await;
    }
}

/// The smallest limit there is.
pub async fn a_limit_of_zero_allows_an_empty_body(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let length = connection.number;
        connection.respond(format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")).await;
        connection.closed().await;
    })
    .await;
    let backend = backend(make);
    let limits = generous_limits().with_max_body(0);
    assert_eq!(succeeds_with(&*backend, post(&server), limits).await.body(), "");
    let full = post(&server);
    fails(&*backend, full, limits, TransportErrorKind::BodyTooLarge, Sent::Unknown, "one byte").await;
}
