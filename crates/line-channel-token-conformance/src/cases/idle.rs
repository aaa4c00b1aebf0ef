//! Connections that were idle: a server closes them when it likes, and loses a request that is just under way.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{HttpBackend, Operation};
use tokio::task::JoinSet;

use super::connections::respond_to_all;
use super::runtimes::{on_own_thread, single_threaded};
use crate::calls::{Make, backend, generous_limits, post, succeeds_with};
use crate::run::Rule;
use crate::server::Server;

pub const RULE: Rule = Rule {
    says: "an operation that is not idempotent goes over a new connection, or over one that was in use a second ago at most",
    hint: "read the `Operation` from the request's extensions; if `is_idempotent` is false or there is none, take a pool of its \
           own with an idle timeout of one second, or a new connection",
};

pub(crate) fn post_for(operation: Operation, server: &Server) -> Request<Bytes> {
    let mut request = post(server);
    request.extensions_mut().insert(operation);
    request
}

/// Two calls, with so much time between them on the clock of the runtime.
async fn call_twice(backend: &dyn HttpBackend, server: &Server, operation: Operation, idle: Duration) {
    for _ in 0..2 {
        succeeds_with(backend, post_for(operation, server), generous_limits()).await;
        // The client must notice that the response has ended.
        tokio::time::sleep(Duration::from_millis(150)).await;
        tokio::time::pause();
        tokio::time::advance(idle).await;
        tokio::time::resume();
    }
}

/// After a second at the latest a call that must not be sent twice has a new connection; others keep theirs.
pub async fn only_idempotent_calls_use_an_old_connection(make: Make) {
    let mut cases = JoinSet::new();
    for &operation in Operation::ALL {
        let once = matches!(operation, Operation::Issue | Operation::IssueJwt);
        for (idle, connections) in [(200, 1), (1100, if once { 2 } else { 1 })] {
            cases.spawn(async move {
                let server = Arc::new(Server::plain(respond_to_all).await);
                let of_calls = Arc::clone(&server);
                on_own_thread(move || {
                    let backend = backend(make);
                    let idle = Duration::from_millis(idle);
                    single_threaded().block_on(call_twice(&*backend, &of_calls, operation, idle));
                })
                .await;
                assert_eq!(server.connections(), connections, "connections for {operation} after {idle} ms");
            });
        }
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

/// The same by the clock on the wall, for backends that do not use Tokio's.
pub async fn a_call_that_must_not_arrive_twice_takes_no_old_connection(make: Make) {
    let mut cases = JoinSet::new();
    // A request without an operation may be any of them.
    for operation in [Some(Operation::Issue), Some(Operation::IssueJwt), None] {
        cases.spawn(async move {
            let server = Server::plain(respond_to_all).await;
            let backend = backend(make);
            for _ in 0..2 {
                let request = operation.map_or_else(|| post(&server), |operation| post_for(operation, &server));
                succeeds_with(&*backend, request, generous_limits()).await;
                tokio::time::sleep(Duration::from_millis(1200)).await;
            }
            assert_eq!(server.connections(), 2, "connections for {operation:?} after 1200 ms");
        });
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

/// The server resets each connection that was idle for a little more than a second, at the moment of the next call.
pub async fn no_call_meets_the_end_of_an_idle_connection(make: Make) {
    let server = Arc::new(
        Server::plain(|mut connection| async move {
            while connection.respond(crate::server::ok("{}")).await.is_some() {
                let next = connection.any_bytes_within(Duration::from_millis(1050));
                if !next.await {
                    let end = connection.number % 2 == 0;
                    return if end { connection.reset() } else { connection.close_without_notify() };
                }
            }
        })
        .await,
    );
    let mut calls = JoinSet::new();
    for number in 0..60 {
        let server = Arc::clone(&server);
        calls.spawn(async move {
            let backend = backend(make);
            succeeds_with(&*backend, post_for(Operation::IssueJwt, &server), generous_limits()).await;
            // In steps of 100 microseconds around the moment at which the server closes the connection.
            tokio::time::sleep(Duration::from_micros(1_047_000 + 100 * number)).await;
            succeeds_with(&*backend, post_for(Operation::IssueJwt, &server), generous_limits()).await;
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!(server.connections(), 120, "connections for 60 pairs of calls");
}
