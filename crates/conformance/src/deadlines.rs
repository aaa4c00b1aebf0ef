//! One deadline for all of it.

use std::time::Duration;

use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use http::Method;

use crate::Make;
use crate::authority::{Shows, acceptor};
use crate::call::{
    ANSWER_SECRET, FORM, PATH, backend, enough_to_send, fails, get, post, request, short, succeeds_with,
};
use crate::server::{Connection, Server, ok};

/// A GET and a POST at the same time, which both meet the deadline after they went out.
async fn both_time_out(make: Make, server: &Server) {
    let backend = backend(make);
    let call =
        |request, which| fails(&*backend, request, enough_to_send(), TransportErrorKind::Timeout, Sent::Unknown, which);
    tokio::join!(call(get(server), "GET"), call(post(server), "POST"));
}

/// Reads the request, writes `start`, and holds the connection open.
async fn then_nothing(mut connection: Connection, start: String) {
    connection.answer(start).await;
    connection.closed().await;
}

/// The server takes the request and never answers.
pub async fn it_covers_the_headers(make: Make) {
    let silent = Server::plain(|connection| then_nothing(connection, String::new())).await;
    let broken_off =
        Server::tls(Shows::Valid, |connection| then_nothing(connection, "HTTP/1.1 200 O".to_owned())).await;
    tokio::join!(both_time_out(make, &silent), both_time_out(make, &broken_off));
}

/// The headers come and the body does not.
pub async fn it_covers_the_body(make: Make) {
    let server = Server::plain(|connection| {
        then_nothing(connection, format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{ANSWER_SECRET}"))
    })
    .await;
    both_time_out(make, &server).await;
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
    both_time_out(make, &server).await;
}

/// TCP connects and TLS does not: the request is still here, so even a call that must not arrive twice may be repeated.
pub async fn it_covers_the_tls_handshake_which_sends_nothing(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}{PATH}", listener.local_addr().unwrap().port());
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &url, body);
        fails(&*backend, request, short(), TransportErrorKind::Timeout, Sent::NotSent, "handshake").await;
    }
}

/// The server has the handshake lie about and takes it up when the call has long failed. A caller repeats a call that
/// sent nothing, even one that must not arrive twice, so nothing may follow.
pub async fn nothing_is_sent_after_it_over_a_handshake_that_ends_late(make: Make) {
    for method in [Method::GET, Method::POST] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://127.0.0.1:{}{PATH}", listener.local_addr().unwrap().port());
        let request = request(method.clone(), &url, if method == Method::GET { "" } else { FORM });
        let backend = backend(make);
        fails(&*backend, request, short(), TransportErrorKind::Timeout, Sent::NotSent, method.as_str()).await;

        let (stream, _) = listener.accept().await.unwrap();
        // A client that has closed the connection by now has sent nothing either.
        let Ok(mut stream) = acceptor(Shows::Valid, rustls::ALL_VERSIONS).accept(stream).await else { continue };
        let mut bytes = Vec::new();
        // A client may keep the connection for a later call, so the end need not come.
        let _ = timeout(Duration::from_millis(300), stream.read_to_end(&mut bytes)).await;
        assert!(bytes.is_empty(), "{method}: {} bytes came after the deadline", bytes.len());
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
