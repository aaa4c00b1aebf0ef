//! The layer over a client in the same process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cancelling;
mod channels;
mod readiness;
mod recovery;
mod requests;
mod support;
