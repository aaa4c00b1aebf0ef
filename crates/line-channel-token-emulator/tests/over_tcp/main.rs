//! The emulator's server, spoken to in bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/wire.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod fallback;
mod faults;
mod unparsed;
mod wire;
