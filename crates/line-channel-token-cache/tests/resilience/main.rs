//! A cache in trouble: outages, slow sources, suspended machines, restarts, changed credentials.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod capacity;
mod contract;
mod credentials;
mod deadlines;
mod outages;
mod readiness;
mod removal;
mod shutdown;
mod support;
mod suspension;
