//! The layer over real TCP and TLS: that it recovers from a revoked token, and that no other server sees one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ca;
mod clients;
mod leaks;
mod proxies;
mod redirects;
mod revoked;
mod servers;
