//! How connections are shared, replaced and closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::{Make, backend, ends, fails, generous_limits, get, post, request, succeeds_with};
use crate::run::Rule;
use crate::server::{Connection, Server, ok};

pub const RULE: Rule = Rule {
    says: "calls share a backend without disturbing each other, a dropped call ends its work, and no request is sent twice",
    hint: "close the connection of a call whose future is dropped, replace connections that the server closed while idle, switch \
           automatic retries off, and keep connections alive unless the suite is told `without: [connection_reuse]`",
};

pub(crate) async fn respond_to_all(mut connection: Connection) {
    while connection.respond(ok("{}")).await.is_some() {}
}

/// Time for the client to notice what happened to a connection, which no call can wait for: that a response has ended
/// and the connection is idle, that the server has closed it. Long, because the machine may be busy.
pub(crate) async fn settle() {
    sleep(Duration::from_millis(150)).await;
}

pub(crate) async fn check_reused(make: Make, server: &Server) {
    let backend = backend(make);
    for request in [post(server), get(server), post(server)] {
        assert_eq!(succeeds_with(&*backend, request, generous_limits()).await.body(), "{}");
        settle().await;
    }
    assert_eq!(server.connections(), 1, "connections for three calls, one after the other");
}

/// One call after the other.
pub async fn a_connection_is_used_again(make: Make) {
    check_reused(make, &Server::plain(respond_to_all).await).await;
}

/// Many calls at once, through one backend.
pub async fn concurrent_calls_get_their_own_responses(make: Make) {
    let server = Server::plain(|mut connection| async move {
        while let Some(received) = connection.request().await {
            let path = received.line().split(' ').nth(1).unwrap().to_owned();
            // The later calls get their responses first.
            sleep(Duration::from_millis(40 - path[1..].parse::<u64>().unwrap())).await;
            connection.write(ok(&path)).await.unwrap();
        }
    })
    .await;
    let backend = backend(make);
    let mut calls = JoinSet::new();
    for number in 0..40 {
        let backend = Arc::clone(&backend);
        let path = format!("/{number}");
        let request = request(Method::POST, &server.url(&path), "a=b");
        calls.spawn(async move { (backend.send(request, generous_limits()).await.unwrap().into_body(), path) });
    }
    while let Some(call) = calls.join_next().await {
        let (body, path) = call.unwrap();
        assert_eq!(body, path);
    }
}

/// A caller that drops its call ends the work, and the next call finds a backend in order.
pub async fn a_dropped_call_closes_its_connection_and_harms_no_other(make: Make) {
    let arrived = Arc::new(Notify::new());
    let closed = Arc::new(Notify::new());
    let (of_arrival, of_close) = (Arc::clone(&arrived), Arc::clone(&closed));
    let server = Server::start(None, move |mut connection| {
        let (arrived, closed) = (Arc::clone(&of_arrival), Arc::clone(&of_close));
        async move {
            if connection.number > 0 {
                return respond_to_all(connection).await;
            }
            connection.request().await.unwrap();
            arrived.notify_one();
            connection.closed().await;
            closed.notify_one();
        }
    })
    .await;
    let backend = backend(make);
    tokio::select! {
        outcome = backend.send(post(&server), generous_limits()) => panic!("a response from a silent server: {outcome:?}"),
        () = ends("the request has not arrived", arrived.notified()) => {}
    }
    ends("the connection of a dropped call is open", closed.notified()).await;
    assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "{}");
}

async fn replaced(make: Make, end: fn(Connection)) {
    let (responded, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (of_response, of_end) = (Arc::clone(&responded), Arc::clone(&ended));
    let server = Server::start(None, move |mut connection| {
        let (responded, ended) = (Arc::clone(&of_response), Arc::clone(&of_end));
        async move {
            if connection.number > 0 {
                return respond_to_all(connection).await;
            }
            connection.respond(ok("first")).await;
            responded.notified().await;
            end(connection);
            ended.notify_one();
        }
    })
    .await;
    let backend = backend(make);
    assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "first");
    responded.notify_one();
    ended.notified().await;
    settle().await;
    assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "{}");
    assert_eq!(server.connections(), 2);
}

/// Servers close idle connections, with FIN or RST.
pub async fn a_connection_that_was_closed_while_idle_is_replaced(make: Make) {
    replaced(make, Connection::close_without_notify).await;
    replaced(make, Connection::reset).await;
}

/// A connection breaks after the server read the request: only the caller knows whether to send it again.
pub async fn a_request_that_may_have_arrived_is_not_repeated(make: Make) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(None, move |mut connection| {
        let counter = Arc::clone(&counter);
        async move {
            let mut responded = false;
            while connection.request().await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                if responded {
                    return;
                }
                connection.write(ok("{}")).await.unwrap();
                responded = true;
            }
        }
    })
    .await;
    let backend = backend(make);
    succeeds_with(&*backend, post(&server), generous_limits()).await;
    settle().await;
    fails(&*backend, post(&server), generous_limits(), TransportErrorKind::Interrupted, Sent::Unknown, "second").await;
    // A repetition would come now.
    settle().await;
    assert_eq!((requests.load(Ordering::SeqCst), server.connections()), (2, 1));
}
