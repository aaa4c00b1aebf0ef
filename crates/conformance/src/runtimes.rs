//! One backend, several Tokio runtimes after and beside each other: a static client in tests, in a program that forks its
//! work into runtimes, in a library that brings its own.
//!
//! A pooled connection belongs to the runtime that opened it. What that runtime's end does to a call of another one must
//! be an error that passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use line_channel_token_core::{
    BaseUrl, ChannelId, ChannelSecret, Client, HttpBackend, Sent, TransportError, TransportErrorKind,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, oneshot};

use crate::Make;
use crate::call::{backend, fails, get, post, roomy, short, succeeds_with};
use crate::server::{Connection, Server, ok};

const STATELESS: &str = r#"{"token_type":"Bearer","access_token":"t","expires_in":900}"#;

/// Runs the code on a thread of its own, which may block, build and drop runtimes. The server goes on meanwhile.
pub(crate) async fn apart<T: Send + 'static>(code: impl FnOnce() -> T + Send + 'static) -> T {
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

async fn answer(mut connection: Connection) {
    while connection.answer(ok(STATELESS)).await.is_some() {}
}

/// Leaves one connection in the pool, which belongs to this runtime.
fn fill_pool(runtime: &Runtime, backend: &Arc<dyn HttpBackend>, server: &Server) {
    runtime.block_on(async {
        succeeds_with(&**backend, post(server), roomy()).await;
        // The connection must take note that its response has ended.
        tokio::time::sleep(Duration::from_millis(150)).await;
    });
}

/// The connection in the pool went with its runtime, so the next call opens another.
pub async fn a_runtime_that_has_ended_harms_no_later_call(make: Make) {
    for first in [single_threaded, multi_threaded] {
        let server = Arc::new(Server::plain(answer).await);
        let of_calls = Arc::clone(&server);
        apart(move || {
            let backend = backend(make);
            let runtime = first();
            fill_pool(&runtime, &backend, &of_calls);
            drop(runtime);
            for request in [post(&of_calls), get(&of_calls)] {
                single_threaded().block_on(succeeds_with(&*backend, request, roomy()));
            }
        })
        .await;
        assert_eq!(server.connections(), 3);
    }
}

/// The runtime ends together with a call that waits for its response.
pub async fn a_runtime_that_ends_during_a_call_harms_no_later_call(make: Make) {
    for first in [single_threaded, multi_threaded] {
        let arrived = Arc::new(Notify::new());
        let of_script = Arc::clone(&arrived);
        let server = Server::start(None, move |mut connection| {
            let arrived = Arc::clone(&of_script);
            async move {
                if connection.number > 0 {
                    return answer(connection).await;
                }
                connection.answer(ok("{}")).await;
                connection.request().await;
                arrived.notify_one();
                connection.closed().await;
            }
        })
        .await;
        apart(move || {
            let backend = backend(make);
            let runtime = first();
            fill_pool(&runtime, &backend, &server);
            let (in_flight, request) = (Arc::clone(&backend), post(&server));
            runtime.spawn(async move { in_flight.send(request, roomy()).await });
            runtime.block_on(arrived.notified());
            drop(runtime);
            single_threaded().block_on(succeeds_with(&*backend, post(&server), roomy()));
        })
        .await;
    }
}

/// The call runs on one runtime, and its connection on another, which ends once `start` of the response was written.
async fn cut_off(make: Make, start: &'static str) -> TransportError {
    let arrived = Arc::new(Notify::new());
    let of_script = Arc::clone(&arrived);
    let server = Server::start(None, move |mut connection| {
        let arrived = Arc::clone(&of_script);
        async move {
            connection.answer(ok("{}")).await;
            connection.answer(start).await;
            // Time for the client to read what was written.
            tokio::time::sleep(Duration::from_millis(100)).await;
            arrived.notify_one();
            connection.closed().await;
        }
    })
    .await;
    apart(move || {
        let backend = backend(make);
        let of_connection = multi_threaded();
        fill_pool(&of_connection, &backend, &server);
        let of_call = multi_threaded();
        let (in_flight, request) = (Arc::clone(&backend), post(&server));
        let call = of_call.spawn(async move {
            fails(&*in_flight, request, roomy(), TransportErrorKind::Interrupted, Sent::Unknown, start).await
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
    cut_off(make, "").await;
    cut_off(make, "HTTP/1.1 200 O").await;
}

/// The rest of the response is lost; what came must not pass for the whole.
pub async fn a_connection_whose_runtime_ends_in_the_body_is_an_interruption(make: Make) {
    cut_off(make, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}").await;
    cut_off(make, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n").await;
}

/// The connection's runtime is there but nobody drives it, so a request that is handed to the connection stays where it
/// is. Only the deadline can tell; the next call has a connection of its own.
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
    apart(move || {
        let backend = backend(make);
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        let other = multi_threaded();
        let outcome = other.block_on(backend.send(post(&server), short()));
        let error = outcome.expect_err("the case has lost its point: the connection was not used");
        assert_eq!(error.kind(), TransportErrorKind::Timeout, "{error:?}");
        other.block_on(succeeds_with(&*backend, post(&server), roomy()));
        assert_eq!((requests.load(Ordering::SeqCst), server.connections()), (2, 2));

        // Driven again, the connection must not send what was given up: its caller may have repeated it.
        undriven.block_on(async { tokio::time::sleep(Duration::from_millis(150)).await });
        assert_eq!(requests.load(Ordering::SeqCst), 2, "the request that timed out was sent after all");
    })
    .await;
}

/// A connection whose runtime stands still is left alone, and used again when that goes on.
pub async fn a_call_takes_no_connection_of_another_runtime(make: Make) {
    let server = Server::plain(answer).await;
    apart(move || {
        let backend = backend(make);
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        let others = [single_threaded(), multi_threaded()];
        for other in &others {
            other.block_on(succeeds_with(&*backend, post(&server), short()));
        }
        assert_eq!(server.connections(), 3);
        fill_pool(&undriven, &backend, &server);
        for other in others {
            other.block_on(async {
                tokio::time::sleep(Duration::from_millis(150)).await;
                succeeds_with(&*backend, post(&server), roomy()).await;
            });
        }
        assert_eq!(server.connections(), 3);
    })
    .await;
}

/// The same for a client, which repeats the call.
pub async fn a_client_gets_past_connections_of_other_runtimes(make: Make) {
    let server = Server::plain(answer).await;
    apart(move || {
        let backend = backend(make);
        let base_url = BaseUrl::new(server.url("")).unwrap();
        let client = Client::builder(Arc::clone(&backend)).base_url(base_url).limits(short()).build();
        let (id, secret) = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cretBODY").unwrap());
        let undriven = single_threaded();
        fill_pool(&undriven, &backend, &server);
        single_threaded().block_on(client.issue_stateless(&id, &secret)).unwrap();
        drop(undriven);
        single_threaded().block_on(client.issue_stateless(&id, &secret)).unwrap();
    })
    .await;
}
