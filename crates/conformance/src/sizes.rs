//! The bound on the body.

use line_channel_token_core::{Limits, Sent, TransportErrorKind};

use crate::Make;
use crate::call::{ANSWER_SECRET, backend, both_fail, fails, post, roomy, succeeds_with};
use crate::server::{Connection, Server};

const BOUND: usize = 40_000;

fn bounded() -> Limits {
    roomy().with_max_body(BOUND)
}

async fn too_large(make: Make, server: &Server) {
    both_fail(make, server, bounded(), TransportErrorKind::BodyTooLarge, Sent::Unknown).await;
}

/// The bound itself is allowed, however it comes.
pub async fn a_body_at_the_bound_is_accepted(make: Make) {
    let body = "b".repeat(BOUND);
    for text in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {BOUND}\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{BOUND:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
    ] {
        let server = Server::start(None, move |mut connection| {
            let text = text.clone();
            async move {
                connection.answer(text).await;
                connection.close().await;
            }
        })
        .await;
        let response = succeeds_with(&*backend(make), post(&server), bounded()).await;
        assert_eq!(response.body(), body.as_bytes());
    }
}

/// One byte too many, and none of them is sent: the announcement is enough.
pub async fn a_body_announced_as_too_large_is_refused_before_it_comes(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", BOUND + 1)).await;
        connection.closed().await;
    })
    .await;
    too_large(make, &server).await;
}

async fn flood(mut connection: Connection, head: &str, piece: String) {
    connection.answer(head).await;
    while connection.write(&piece).await.is_ok() {}
}

/// No length says it, and no end comes.
pub async fn an_endless_chunked_body_is_refused(make: Make) {
    let server = Server::plain(|connection| {
        let piece = format!("c\r\n{ANSWER_SECRET}\r\n");
        flood(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece)
    })
    .await;
    too_large(make, &server).await;
}

/// The same until the connection ends, which it does not.
pub async fn an_endless_body_without_a_length_is_refused(make: Make) {
    let server =
        Server::plain(|connection| flood(connection, "HTTP/1.0 200 OK\r\n\r\n", ANSWER_SECRET.repeat(500))).await;
    too_large(make, &server).await;
}

/// Everything comes at once, and no length says how much.
pub async fn a_short_body_over_a_short_bound_is_refused(make: Make) {
    for text in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfo\r\n2\r\nur\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nfour",
    ] {
        let server = Server::start(None, move |mut connection| async move {
            connection.answer(text).await;
            connection.close().await;
        })
        .await;
        let limits = roomy().with_max_body(3);
        both_fail(make, &server, limits, TransportErrorKind::BodyTooLarge, Sent::Unknown).await;
    }
}

/// The smallest bound there is.
pub async fn a_bound_of_nothing_admits_an_empty_body(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let length = connection.number;
        connection.answer(format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")).await;
        connection.closed().await;
    })
    .await;
    let backend = backend(make);
    let limits = roomy().with_max_body(0);
    assert_eq!(succeeds_with(&*backend, post(&server), limits).await.body(), "");
    let full = post(&server);
    fails(&*backend, full, limits, TransportErrorKind::BodyTooLarge, Sent::Unknown, "one byte").await;
}
