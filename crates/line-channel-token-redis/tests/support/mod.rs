//! Private Redis servers for tests: each has a directory, a unix socket and a port of its own, and ends with its handle. Tests of other
//! packages include this module by `#[path]`; it needs `tempfile` and nothing else.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test uses a part of it"
)]

mod redis_server;
mod resp;
mod sentinel;
mod tcp_proxy;

use std::time::{Duration, Instant};

pub use redis_server::{RedisServer, ServerOptions};
pub use resp::{Reply, RespConnection};
pub use sentinel::Sentinel;
pub use tcp_proxy::{ProxyMode, TcpProxy};

/// Waits until something outside of this process is so, and fails after 20 seconds.
#[allow(clippy::disallowed_methods, reason = "other processes take real time")]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "timed out: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
