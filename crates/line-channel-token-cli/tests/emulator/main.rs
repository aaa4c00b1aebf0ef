//! `line-channel-token emulator` through the built binary, over real TCP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod container;
mod control;
mod description;
mod events;
mod guard;
mod isolation;
mod process;
mod settings;
mod support;
