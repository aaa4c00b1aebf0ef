//! How connections are shared, replaced and given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use line_channel_token_core::{HttpBackend, Sent, TransportErrorKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Make;
use crate::authority::Shows;
use crate::call::{backend, fails, get, post, request, roomy, succeeds_with};
use crate::server::{Connection, Server, ok};

async fn answer(mut connection: Connection) {
    while connection.answer(ok("{}")).await.is_some() {}
}

/// Lets the client take note of what happened to a connection, which no call can wait for: that an answer has ended
/// and the connection is free, that the server has closed it. Long, because the machine may be busy.
async fn settle() {
    sleep(Duration::from_millis(150)).await;
}

async fn reused(make: Make, server: Server) {
    let backend = backend(make);
    for request in [post(&server), get(&server), post(&server)] {
        assert_eq!(succeeds_with(&*backend, request, roomy()).await.body(), "{}");
        settle().await;
    }
    assert_eq!(server.connections(), 1);
}

/// One call after the other.
pub async fn a_connection_is_used_again(make: Make) {
    reused(make, Server::plain(answer).await).await;
}

/// One call after the other, one handshake.
pub async fn a_tls_connection_is_used_again(make: Make) {
    reused(make, Server::tls(Shows::Valid, answer).await).await;
}

/// Many calls at once, through one backend.
pub async fn concurrent_calls_get_their_own_answers(make: Make) {
    let server = Server::plain(|mut connection| async move {
        while let Some(received) = connection.request().await {
            let path = received.line().split(' ').nth(1).unwrap().to_owned();
            // The later ones are answered first.
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
        calls.spawn(async move { (backend.send(request, roomy()).await.unwrap().into_body(), path) });
    }
    while let Some(call) = calls.join_next().await {
        let (body, path) = call.unwrap();
        assert_eq!(body, path);
    }
}

/// A caller that loses interest stops the work, and the next call finds a backend in order.
pub async fn a_dropped_call_closes_its_connection_and_harms_no_other(make: Make) {
    let arrived = Arc::new(Notify::new());
    let closed = Arc::new(Notify::new());
    let (of_arrival, of_close) = (Arc::clone(&arrived), Arc::clone(&closed));
    let server = Server::start(None, move |mut connection| {
        let (arrived, closed) = (Arc::clone(&of_arrival), Arc::clone(&of_close));
        async move {
            if connection.number > 0 {
                return answer(connection).await;
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
        outcome = backend.send(post(&server), roomy()) => panic!("nobody answered: {outcome:?}"),
        () = arrived.notified() => {}
    }
    closed.notified().await;
    assert_eq!(succeeds_with(&*backend, post(&server), roomy()).await.body(), "{}");
}

async fn replaced(make: Make, end: fn(Connection)) {
    let (answered, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (of_answer, of_end) = (Arc::clone(&answered), Arc::clone(&ended));
    let server = Server::start(None, move |mut connection| {
        let (answered, ended) = (Arc::clone(&of_answer), Arc::clone(&of_end));
        async move {
            if connection.number > 0 {
                return answer(connection).await;
            }
            connection.answer(ok("first")).await;
            answered.notified().await;
            end(connection);
            ended.notify_one();
        }
    })
    .await;
    let backend = backend(make);
    assert_eq!(succeeds_with(&*backend, post(&server), roomy()).await.body(), "first");
    answered.notify_one();
    ended.notified().await;
    settle().await;
    assert_eq!(succeeds_with(&*backend, post(&server), roomy()).await.body(), "{}");
    assert_eq!(server.connections(), 2);
}

/// Servers close connections that nobody uses, in good order or not.
pub async fn a_connection_that_was_closed_while_idle_is_replaced(make: Make) {
    replaced(make, Connection::cut).await;
    replaced(make, Connection::reset).await;
}

/// A connection in use dies on a request that it has taken: only the caller knows whether to send it again.
pub async fn a_request_that_may_have_arrived_is_not_repeated(make: Make) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(None, move |mut connection| {
        let counter = Arc::clone(&counter);
        async move {
            let mut answered = false;
            while connection.request().await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                if answered {
                    return;
                }
                connection.write(ok("{}")).await.unwrap();
                answered = true;
            }
        }
    })
    .await;
    let backend: Arc<dyn HttpBackend> = backend(make);
    succeeds_with(&*backend, post(&server), roomy()).await;
    settle().await;
    fails(&*backend, post(&server), roomy(), TransportErrorKind::Interrupted, Sent::Unknown, "second").await;
    // A repetition would come now.
    settle().await;
    assert_eq!((requests.load(Ordering::SeqCst), server.connections()), (2, 1));
}
