//! How the cache behaves, on a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod authorized;
mod clock;
mod failing;
mod in_flight;
mod lifetimes;
mod pool;
mod pool_bounds;
mod pool_reentrance;
mod pool_removal;
mod refresh_ahead;
mod support;
mod tasks;
mod watching;
