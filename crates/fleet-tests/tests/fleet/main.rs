//! Fleets of real processes over real stores.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may panic")]

mod fleet;
mod platform;
mod without_store;
mod worker;
