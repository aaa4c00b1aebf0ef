//! Fleets of real processes over real stores.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may panic")]

mod expiries_and_deploys;
mod fleet;
mod killed_holders;
mod platform;
#[path = "../../../line-channel-token-redis/tests/support/mod.rs"]
mod redis_support;
mod stores;
mod without_store;
mod worker;
