//! Processes that share one token by a store.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod budget;
mod failing_parts;
mod fleet;
mod lost_responses;
mod outages;
mod refusals;
mod support;
