//! The examples, run as a user runs them.
//!
//! `cargo test -p examples` builds them first; with `--test` added, cargo does not, and these run what is there.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod axum_bot;
mod bot_process;
mod fleet;
mod hsm;
mod others;
mod quickstart;
mod support;
