//! The store in files: real processes that are killed and suspended, real file systems that are full and read-only.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod conformance;
mod damage;
mod file_systems;
mod paths;
mod processes;
mod support;
mod threads;
mod worker;
