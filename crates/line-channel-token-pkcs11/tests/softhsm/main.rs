//! Signing with keys in SoftHSM, the HSM in software.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod faults;
mod harness;
mod keys;
mod modules;
mod pins;
mod recovery;
mod signing;
