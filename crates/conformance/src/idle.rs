//! Connections that were idle: a server closes them when it likes, and loses a request that is just under way.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{HttpBackend, Operation};
use tokio::task::JoinSet;

use crate::Make;
use crate::call::{backend, post, roomy, succeeds_with};
use crate::runtimes::{apart, single_threaded};
use crate::server::{Connection, Server, ok};

fn of(operation: Operation, server: &Server) -> Request<Bytes> {
    let mut request = post(server);
    request.extensions_mut().insert(operation);
    request
}

async fn answer(mut connection: Connection) {
    while connection.answer(ok("{}")).await.is_some() {}
}

/// Two calls, with so much time between them on the clock of the runtime.
async fn apart_by(backend: &dyn HttpBackend, server: &Server, operation: Operation, idle: Duration) {
    for _ in 0..2 {
        succeeds_with(backend, of(operation, server), roomy()).await;
        // The connection must take note that its response has ended.
        tokio::time::sleep(Duration::from_millis(150)).await;
        tokio::time::pause();
        tokio::time::advance(idle).await;
        tokio::time::resume();
    }
}

/// After a second at the latest a call that must not be sent twice has a connection of its own; others go on with theirs.
pub async fn only_what_can_be_repeated_goes_over_an_old_connection(make: Make) {
    let mut cases = JoinSet::new();
    for &operation in Operation::ALL {
        let once = matches!(operation, Operation::Issue | Operation::IssueJwt);
        for (idle, connections) in [(200, 1), (1100, if once { 2 } else { 1 })] {
            cases.spawn(async move {
                let server = Arc::new(Server::plain(answer).await);
                let of_calls = Arc::clone(&server);
                apart(move || {
                    let backend = backend(make);
                    let idle = Duration::from_millis(idle);
                    single_threaded().block_on(apart_by(&*backend, &of_calls, operation, idle));
                })
                .await;
                assert_eq!(server.connections(), connections, "{operation} after {idle} ms");
            });
        }
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

/// The server resets each connection that was idle for a little more than a second, in the moment in which the next call comes.
pub async fn no_call_meets_the_end_of_an_idle_connection(make: Make) {
    let server = Arc::new(
        Server::plain(|mut connection| async move {
            while connection.answer(ok("{}")).await.is_some() {
                let next = connection.some_bytes_within(Duration::from_millis(1050));
                if !next.await {
                    return if connection.number % 2 == 0 { connection.reset() } else { connection.cut() };
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
            succeeds_with(&*backend, of(Operation::IssueJwt, &server), roomy()).await;
            // In steps of 100 microseconds around the moment in which the server gives the connection up.
            tokio::time::sleep(Duration::from_micros(1_047_000 + 100 * number)).await;
            succeeds_with(&*backend, of(Operation::IssueJwt, &server), roomy()).await;
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!(server.connections(), 120);
}
