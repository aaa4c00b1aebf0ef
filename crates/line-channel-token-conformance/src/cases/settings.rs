//! Settings of a backend's builder.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use line_channel_token_core::{HttpBackend, Operation, Sent, TransportErrorKind};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::idle::post_for;
use crate::calls::{FORM, PATH, ends, fails, generous_limits, message, request, succeeds_with};
use crate::run::Rule;
use crate::server::{Server, ok};

pub const RULE: Rule = Rule {
    says: "connecting takes no longer than the connect timeout, and no connection is idle for longer than the pool's idle timeout",
    hint: "let the connect timeout cover name resolution, TCP and TLS together, return `Connect` with `Sent::NotSent`, and close \
           idle connections with a timer rather than at the next call",
};

/// Makes the backend under test with this connect timeout, or this idle timeout of its pool.
pub type MakeWithTimeout = fn(timeout: Duration) -> Arc<dyn HttpBackend>;

/// TCP connects and TLS does not.
pub async fn the_connect_timeout_covers_tls_and_sends_nothing(make: MakeWithTimeout) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}{PATH}", listener.local_addr().unwrap());
    let backend = make(Duration::from_millis(100));
    let (kind, sent) = (TransportErrorKind::Connect, Sent::NotSent);
    let limits = generous_limits().with_timeout(Duration::from_secs(60));
    let error = fails(&*backend, request(Method::POST, &url, FORM), limits, kind, sent, "handshake").await;
    assert_eq!(error.to_string(), message(kind, sent, "connecting took longer than 100 ms"));
}

/// No call closes it.
pub async fn an_idle_connection_is_closed_after_its_timeout(make: MakeWithTimeout) {
    let closed = Arc::new(Notify::new());
    let of_script = Arc::clone(&closed);
    let server = Server::start(None, move |mut connection| {
        let closed = Arc::clone(&of_script);
        async move {
            connection.respond(ok("{}")).await;
            connection.closed().await;
            closed.notify_one();
        }
    })
    .await;
    let backend = make(Duration::from_millis(100));
    // An idempotent operation: the connections of the others are closed after a second, whatever is set.
    succeeds_with(&*backend, post_for(Operation::Verify, &server), generous_limits()).await;
    ends("a connection with an idle timeout of 100 ms is open", closed.notified()).await;
}
