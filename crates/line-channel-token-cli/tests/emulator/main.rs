//! `line-channel-token emulator` through the built binary, over real TCP.

mod container;
mod control;
mod description;
mod events;
mod guard;
mod isolation;
mod process;
mod settings;
mod support;
