//! The emulator without its server. One program, because linking one for each file takes longer than running them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod advance;
mod arbitrary;
mod assertions;
mod channels;
mod console;
mod faults;
mod inspection;
#[cfg(feature = "serde")]
mod json;
mod leniency;
mod limits;
mod operations;
mod pasted;
mod records;
mod refusals;
mod resources;
