//! A process that may start no thread: a failed call ends with its error, and nothing panics.
//!
//! No test harness, because that starts threads itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_executor::block_on;
use http::{Request, Response};
use line_channel_token_core::{
    Assertion, Client, Clock, ErrorKind, HttpBackend, Limits, Sent, SystemClock, TransportError, TransportErrorKind,
};

const CHILD: &str = "LINE_CHANNEL_TOKEN_TEST_CHILD";

static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
struct Unreachable;

#[async_trait]
impl HttpBackend for Unreachable {
    async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        ATTEMPTS.fetch_add(1, Ordering::SeqCst);
        Err(TransportError::new(TransportErrorKind::Connect, Sent::NotSent))
    }
}

fn main() {
    if cfg!(not(target_os = "linux")) {
        return;
    }
    if std::env::var_os(CHILD).is_some() {
        return without_threads();
    }
    // A stack that fits into no address space: limits of the operating system do not bind root.
    let this = std::env::current_exe().unwrap();
    let child = Command::new(this).env(CHILD, "1").env("RUST_MIN_STACK", (1_u64 << 56).to_string()).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    println!("test a_call_fails_without_a_panic_if_no_thread_can_be_started ... ok");
}

fn without_threads() {
    let refused = std::thread::Builder::new().spawn(|| {});
    assert!(refused.is_err(), "the case has lost its point");

    let error = block_on(Client::new(Unreachable).key_ids(&Assertion::new("aa.bb.cc").unwrap())).unwrap_err();
    assert_eq!((error.kind(), ATTEMPTS.load(Ordering::SeqCst)), (ErrorKind::Connect, 1));

    let before = SystemClock.now();
    block_on(SystemClock.sleep(Duration::from_secs(3600)));
    assert!(SystemClock.now().since(before) < Duration::from_secs(3600));
}
