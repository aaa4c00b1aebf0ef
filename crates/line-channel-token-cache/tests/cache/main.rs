//! How the cache behaves, on a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod failing;
mod flights;
mod lives;
mod pool;
mod pool_bounds;
mod pool_leaving;
mod support;
mod tasks;
mod upkeep;
mod watching;
