#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is test code, in which a panic is the report"
)]

mod calls;
mod on_threads;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod proxy_server;
mod run;
mod server;
mod suites;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod test_ca;

// For the macros alone, which name each case.
#[doc(hidden)]
pub mod cases;
#[doc(hidden)]
#[cfg(feature = "store")]
pub mod store;
#[doc(hidden)]
pub use calls::Make;
#[doc(hidden)]
pub use line_channel_token_core::{Error, ErrorKind, HttpBackend};
#[doc(hidden)]
pub use on_threads::OnThreads;
#[doc(hidden)]
pub use run::{Rule, run};
#[doc(hidden)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub use rustls;

/// Compiles for values that threads can share, copies of which can be made, and which can be logged.
#[doc(hidden)]
pub fn assert_shareable<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
