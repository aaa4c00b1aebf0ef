//! One backend, several Tokio runtimes after and beside each other: a static client in tests, in a program with a runtime for each
//! thread, in a library that brings its own.
//!
//! A pooled connection belongs to the runtime that opened it. The end of that runtime may fail a call of another one, but no call
//! after that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use line_channel_token_core::{
    BaseUrl, ChannelId, ChannelSecret, Client, HttpBackend, Sent, TransportError, TransportErrorKind,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, oneshot};

use crate::calls::{Make, backend, fails, generous_limits, get, post, short_timeout, succeeds_with};
use crate::run::Rule;
use crate::server::{Connection, Server, ok};

pub const RULE: Rule = Rule {
    says: "a backend works on every Tokio runtime, also after another runtime that used it has ended",
    hint: "keep a pool for each runtime (by `Handle::id`), or replace a connection whose runtime has ended; drive connections by \
           the runtime of the call",
};

const STATELESS: &str = r#"{"token_type":"Bearer","access_token":"t","expires_in":900}"#;

/// Runs the code on a thread of its own, which may block, build and drop runtimes. The server goes on meanwhile.
pub(crate) async fn on_own_thread<T: Send + 'static>(code: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = oneshot::channel();
    let thread = std::thread::spawn(move || drop(sender.send(code())));
    match done.await {
        Ok(value) => value,
        Err(_) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

pub(crate) fn single_threaded() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_threaded() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

async fn respond_to_all(mut connection: Connection) {
    while connection.respond(ok(STATELESS)).await.is_some() {}
}

/// Leaves one connection in the pool, which belongs to this runtime.
fn fill_pool(runtime: &Runtime, backend: &Arc<dyn HttpBackend>, server: &Server) {
    runtime.block_on(async {
        succeeds_with(&**backend, post(server), generous_limits()).await;
        // The client must notice that the response has ended.
        tokio::time::sleep(Duration::from_millis(150)).await;
    });
}

/// A connection in the pool may have ended with its runtime, and the next call must not fail for it.
pub async fn a_runtime_that_has_ended_harms_no_later_call(make: Make) {
    call_after_the_end_of_a_runtime(make).await;
}

/// The connection in the pool ends with its runtime, so each call on another one opens its own.
pub async fn a_connection_ends_with_its_runtime(make: Make) {
    for connections in call_after_the_end_of_a_runtime(make).await {
        assert_eq!(connections, 3, "connections for three calls on three runtimes, one after the other");
    }
}

/// How many connections it took, for the calls after each kind of runtime.
async fn call_after_the_end_of_a_runtime(make: Make) -> Vec<usize> {
    let mut connections = Vec::new();
    for first in [single_threaded, multi_threaded] {
        let server = Arc::new(Server::plain(respond_to_all).await);
        let of_calls = Arc::clone(&server);
        on_own_thread(move || {
            let backend = backend(make);
            let runtime = first();
            fill_pool(&runtime, &backend, &of_calls);
            drop(runtime);
            for request in [post(&of_calls), get(&of_calls)] {
                single_threaded().block_on(succeeds_with(&*backend, request, generous_limits()));
            }
        })
        .await;
        connections.push(server.connections());
    }
    connections
}

/// The runtime ends together with a call that awaits its response.
pub async fn a_runtime_that_ends_during_a_call_harms_no_later_call(make: Make) {
    for first in [single_threaded, multi_threaded] {
        let arrived = Arc::new(Notify::new());
        let of_script = Arc::clone(&arrived);
        let server = Server::start(None, move |mut connection| {
            let arrived = Arc::clone(&of_script);
            async move {
                if connection.number > 0 {
                    return respond_to_all(connection).await;
                }
                connection.respond(ok("{}")).await;
                connection.request().await;
                arrived.notify_one();
                connection.closed().await;
            }
        })
        .await;
        on_own_thread(move || {
            let backend = backend(make);
            let runtime = first();
            fill_pool(&runtime, &backend, &server);
            let (in_flight, request) = (Arc::clone(&backend), post(&server));
            runtime.spawn(async move { in_flight.send(request, generous_limits()).await });
            runtime.block_on(arrived.notified());
            drop(runtime);
            single_threaded().block_on(succeeds_with(&*backend, post(&server), generous_limits()));
        })
        .await;
    }
}

/// The call runs on one runtime, and its connection on another, which ends once `start` of the response was written.
async fn interrupted_by_the_end_of_a_runtime(make: Make, start: &'static str) -> TransportError {
    let arrived = Arc::new(Notify::new());
    let of_script = Arc::clone(&arrived);
    let server = Server::start(None, move |mut connection| {
        let arrived = Arc::clone(&of_script);
        async move {
            connection.respond(ok("{}")).await;
            connection.respond(start).await;
            // Time for the client to read what was written.
            tokio::time::sleep(Duration::from_millis(100)).await;
            arrived.notify_one();
            connection.closed().await;
        }
    })
    .await;
    on_own_thread(move || {
        let backend = backend(make);
        let of_connection = multi_threaded();
        fill_pool(&of_connection, &backend, &server);
        let of_call = multi_threaded();
        let (in_flight, request) = (Arc::clone(&backend), post(&server));
        let call = of_call.spawn(async move {
            fails(&*in_flight, request, generous_limits(), TransportErrorKind::Interrupted, Sent::Unknown, start).await
        });
        of_call.block_on(arrived.notified());
        drop(of_connection);
        let error = of_call.block_on(call).unwrap();
        assert_eq!(server.connections(), 1);
        error
    })
    .await
}

/// The server has the request, and its response can no longer come.
pub async fn a_connection_whose_runtime_ends_before_the_response_is_an_interruption(make: Make) {
    interrupted_by_the_end_of_a_runtime(make, "").await;
    interrupted_by_the_end_of_a_runtime(make, "HTTP/1.1 200 O").await;
}

/// The rest of the response is lost, and the part that came must not count as the whole.
pub async fn a_connection_whose_runtime_ends_in_the_body_is_an_interruption(make: Make) {
    interrupted_by_the_end_of_a_runtime(make, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}").await;
    interrupted_by_the_end_of_a_runtime(make, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n").await;
}

/// The connection's runtime exists but nobody drives it, so a request that is handed to the connection is not sent. Only the
/// deadline ends the call; the next one has a connection of its own.
pub async fn a_connection_that_nobody_drives_costs_one_deadline(make: Make) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(None, move |mut connection| {
        let counter = Arc::clone(&counter);
        async move {
            while connection.request().await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                if connection.write(ok(STATELESS)).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    on_own_thread(move || {
        let backend = backend(make);
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        let other = multi_threaded();
        let outcome = other.block_on(backend.send(post(&server), short_timeout()));
        let error = outcome.expect_err("the case tests nothing: the connection of the other runtime was not used");
        assert_eq!(error.kind(), TransportErrorKind::Timeout, "{error:?}");
        other.block_on(succeeds_with(&*backend, post(&server), generous_limits()));
        assert_eq!((requests.load(Ordering::SeqCst), server.connections()), (2, 2));

        // Driven again, the connection must not send the abandoned request: its caller may have repeated it.
        undriven.block_on(async { tokio::time::sleep(Duration::from_millis(150)).await });
        assert_eq!(requests.load(Ordering::SeqCst), 2, "the request that timed out was sent after all");
    })
    .await;
}

/// A connection whose runtime is not driven is left alone, and used again once that is driven again.
pub async fn a_call_takes_no_connection_of_another_runtime(make: Make) {
    let server = Server::plain(respond_to_all).await;
    on_own_thread(move || {
        let backend = backend(make);
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        let others = [single_threaded(), multi_threaded()];
        for other in &others {
            other.block_on(succeeds_with(&*backend, post(&server), short_timeout()));
        }
        assert_eq!(server.connections(), 3);
        fill_pool(&undriven, &backend, &server);
        for other in others {
            other.block_on(async {
                tokio::time::sleep(Duration::from_millis(150)).await;
                succeeds_with(&*backend, post(&server), generous_limits()).await;
            });
        }
        assert_eq!(server.connections(), 3);
    })
    .await;
}

/// The same for a client, which repeats the call.
pub async fn a_client_gets_past_connections_of_other_runtimes(make: Make) {
    let server = Server::plain(respond_to_all).await;
    on_own_thread(move || {
        let backend = backend(make);
        let base_url = BaseUrl::new(server.url("")).unwrap();
        let client = Client::builder(Arc::clone(&backend)).base_url(base_url).limits(short_timeout()).build();
        let (id, secret) = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cretBODY").unwrap());
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        single_threaded().block_on(client.issue_stateless(&id, &secret)).unwrap();
        drop(undriven);
        single_threaded().block_on(client.issue_stateless(&id, &secret)).unwrap();
    })
    .await;
}
