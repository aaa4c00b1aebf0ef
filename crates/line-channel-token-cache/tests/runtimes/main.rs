//! Runtimes that end, stand still, or are not there, over both real backends and real TCP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ending;
mod outside;
mod service;
mod standing_still;
