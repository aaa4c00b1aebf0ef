//! Fleets of real processes over real stores.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may panic")]

mod apart;
mod expiries_and_deploys;
mod failover;
mod file_outages;
mod fleet;
mod killed_holders;
mod outage_flow;
mod outages;
mod platform;
#[path = "../../../line-channel-token-redis/tests/support/mod.rs"]
mod redis_support;
mod refused_tokens;
mod stores;
mod without_store;
mod worker;
