//! How the cache behaves towards LINE's limits: an emulator verifies, counts and refuses, on a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod budget;
mod reconciliation;
mod restarts;
mod rotation;
mod signers;
mod support;
