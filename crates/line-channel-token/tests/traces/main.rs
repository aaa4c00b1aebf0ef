//! What goes to `tracing` with the feature of that name: which spans, with which fields, and no secret.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod calls;
mod capture;
mod exchanges;
mod guide;
mod refreshes;
mod secrets;
mod server;
