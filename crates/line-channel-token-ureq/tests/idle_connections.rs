//! What becomes of connections that are not used. No thread waits for them, so it happens at the next call.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{HttpBackend, Limits, Operation};
use line_channel_token_ureq::UreqBackend;
use line_channel_token_ureq::blocking::block_on;

/// A server that responds on each connection until it ends, and counts them and those that have ended.
struct Server {
    url: String,
    opened: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/oauth2/v3/token", listener.local_addr().unwrap());
        let (opened, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (of_opened, of_closed) = (Arc::clone(&opened), Arc::clone(&closed));
        thread::spawn(move || {
            for stream in listener.incoming() {
                of_opened.fetch_add(1, Ordering::SeqCst);
                let closed = Arc::clone(&of_closed);
                thread::spawn(move || {
                    respond(stream.unwrap());
                    closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, opened, closed }
    }

    fn call(&self, backend: &UreqBackend, operation: Operation) {
        let mut request = Request::get(&self.url).body(Bytes::new()).unwrap();
        request.extensions_mut().insert(operation);
        block_on(backend.send(request, Limits::default())).unwrap();
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// Waits until so many connections have ended.
    fn wait_for_closed(&self, count: usize) {
        while self.closed.load(Ordering::SeqCst) < count {
            thread::yield_now();
        }
    }
}

fn respond(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|count| count > 0) {
        head.extend(byte);
        if head.ends_with(b"\r\n\r\n") {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
            head.clear();
        }
    }
}

#[test]
fn with_an_idle_timeout_of_zero_each_call_has_its_connection() {
    let server = Server::start();
    let backend = UreqBackend::builder().no_proxy().pool_idle_timeout(Duration::ZERO).build().unwrap();
    for count in 1..=3 {
        server.call(&backend, Operation::Verify);
        assert_eq!(server.opened(), count);
        server.wait_for_closed(count);
    }
}

#[test]
fn a_connection_that_is_too_old_is_closed_at_the_next_call() {
    let server = Server::start();
    // So short that it is over by the next call.
    let backend = UreqBackend::builder().no_proxy().pool_idle_timeout(Duration::from_nanos(1)).build().unwrap();
    server.call(&backend, Operation::Verify);
    server.call(&backend, Operation::Verify);
    assert_eq!(server.opened(), 2);
    server.wait_for_closed(1);
}

#[test]
fn operations_that_must_not_arrive_twice_have_connections_of_their_own() {
    let server = Server::start();
    let backend = UreqBackend::builder().no_proxy().build().unwrap();
    for (operation, connections) in [
        (Operation::Verify, 1),
        (Operation::IssueStateless, 1),
        (Operation::Issue, 2),
        (Operation::IssueJwt, 2),
        (Operation::Revoke, 2),
    ] {
        server.call(&backend, operation);
        assert_eq!(server.opened(), connections, "{operation}");
    }
}

#[test]
fn the_connections_end_with_the_backend() {
    let server = Server::start();
    let backend = UreqBackend::builder().no_proxy().build().unwrap();
    server.call(&backend, Operation::Verify);
    drop(backend);
    server.wait_for_closed(1);
}
