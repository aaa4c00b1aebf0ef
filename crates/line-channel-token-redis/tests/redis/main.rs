//! The store against real Redis servers, each private to its test.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is beside the tests is of the tests too"
)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "aws-lc-rs")]
mod certificates;
mod conformance;
mod connections;
mod damaged;
mod denied;
mod failover;
mod outages;
mod round_trips;
mod runtimes;
mod store_calls;
mod support_works;
#[cfg(feature = "aws-lc-rs")]
mod tls;
