//! One deadline for the whole call.

use std::time::Duration;

use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::time::sleep;

use crate::calls::{
    Make, RESPONSE_SECRET, backend, fails, get, post, short_timeout, succeeds_with, timeout_after_sending,
};
use crate::run::Rule;
use crate::server::{Connection, Server, ok};

pub const RULE: Rule = Rule {
    says: "`Limits::timeout` covers the whole call, from the first step of connecting to the last byte of the body",
    hint: "put one timer around everything rather than one for each step, return `Timeout` when it fires, and send nothing after \
           that if the error says `Sent::NotSent`",
};

/// A GET and a POST at the same time, which both reach the deadline after they went out.
pub(crate) async fn both_time_out(make: Make, server: &Server) {
    let backend = backend(make);
    let call = |request, which| {
        fails(&*backend, request, timeout_after_sending(), TransportErrorKind::Timeout, Sent::Unknown, which)
    };
    tokio::join!(call(get(server), "GET"), call(post(server), "POST"));
}

/// Reads the request, writes `start`, and holds the connection open.
pub(crate) async fn respond_and_stall(mut connection: Connection, start: String) {
    connection.respond(start).await;
    connection.closed().await;
}

/// The server reads the request and never responds.
pub async fn it_covers_the_headers(make: Make) {
    let silent = Server::plain(|connection| respond_and_stall(connection, String::new())).await;
    let partial = Server::plain(|connection| respond_and_stall(connection, "HTTP/1.1 200 O".to_owned())).await;
    tokio::join!(both_time_out(make, &silent), both_time_out(make, &partial));
}

/// The headers come and the body does not.
pub async fn it_covers_the_body(make: Make) {
    let server = Server::plain(|connection| {
        respond_and_stall(connection, format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{RESPONSE_SECRET}"))
    })
    .await;
    both_time_out(make, &server).await;
}

/// Late headers, and then a byte now and then: each step is quick, the whole call is not.
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

/// A slow response within the deadline is a response.
pub async fn it_allows_a_response_in_time(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.request().await.unwrap();
        sleep(Duration::from_millis(50)).await;
        connection.write(&ok("in time")[..30]).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        connection.write(&ok("in time")[30..]).await.unwrap();
        connection.closed().await;
    })
    .await;
    let limits = short_timeout().with_timeout(Duration::from_secs(3));
    for request in [post(&server), get(&server)] {
        assert_eq!(succeeds_with(&*backend(make), request, limits).await.body(), "in time");
    }
}
