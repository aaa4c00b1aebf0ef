//! One deadline for all of it.

use std::time::Duration;

use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::net::TcpListener;
use tokio::time::sleep;

use http::Method;

use crate::Make;
use crate::authority::Shows;
use crate::call::{ANSWER_SECRET, FORM, PATH, backend, both_fail, fails, get, post, request, short, succeeds_with};
use crate::server::{Connection, Server, ok};

/// Reads the request, writes `start`, and holds the connection open.
async fn then_nothing(mut connection: Connection, start: String) {
    connection.answer(start).await;
    connection.closed().await;
}

/// The server takes the request and never answers.
pub async fn it_covers_the_headers(make: Make) {
    for server in [
        Server::plain(|connection| then_nothing(connection, String::new())).await,
        Server::tls(Shows::Valid, |connection| then_nothing(connection, "HTTP/1.1 200 O".to_owned())).await,
    ] {
        both_fail(make, &server, short(), TransportErrorKind::Timeout, Sent::Maybe).await;
    }
}

/// The headers come and the body does not.
pub async fn it_covers_the_body(make: Make) {
    let server = Server::plain(|connection| {
        then_nothing(connection, format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{ANSWER_SECRET}"))
    })
    .await;
    both_fail(make, &server, short(), TransportErrorKind::Timeout, Sent::Maybe).await;
}

/// Late headers, and then a byte now and then: each step by itself is quick, all of them together are not.
pub async fn it_is_not_prolonged_by_a_trickle(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.request().await.unwrap();
        sleep(Duration::from_millis(60)).await;
        let _ = connection.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n").await;
        while connection.write("x").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    both_fail(make, &server, short(), TransportErrorKind::Timeout, Sent::Maybe).await;
}

/// TCP connects and TLS does not: the request is still here, so even a call that must not arrive twice may be repeated.
pub async fn it_covers_the_tls_handshake_which_sends_nothing(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}{PATH}", listener.local_addr().unwrap().port());
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &url, body);
        fails(&*backend, request, short(), TransportErrorKind::Timeout, Sent::No, "handshake").await;
    }
}

/// Slow is not too slow.
pub async fn it_spares_an_answer_in_time(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.request().await.unwrap();
        sleep(Duration::from_millis(50)).await;
        connection.write(&ok("in time")[..30]).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        connection.write(&ok("in time")[30..]).await.unwrap();
        connection.closed().await;
    })
    .await;
    let limits = short().with_timeout(Duration::from_secs(3));
    for request in [post(&server), get(&server)] {
        assert_eq!(succeeds_with(&*backend(make), request, limits).await.body(), "in time");
    }
}
