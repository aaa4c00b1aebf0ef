//! The examples, run as a user runs them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod others;
mod quickstart;
mod support;
