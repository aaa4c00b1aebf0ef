//! The guide, one page for each thing that you may want to do.
//!
//! | page | read it if you want to |
//! |---|---|
//! | [`getting_started`] | get the first token and send a message with it |
//! | [`sending`] | send messages with the client or the SDK that you have, and survive a revoked token |
//! | [`configuration`] | take all of it from the environment, from files or a command line, and replace a secret without a restart |
//! | [`families`] | know which of the token families to take |
//! | [`keys_and_rotation`] | sign assertions: generate, register and replace a key, or keep it in a KMS |
//! | [`caching`] | have a valid token at any moment, for one channel or for thousands |
//! | [`restarts_and_slots`] | never run out of LINE's 30 tokens per channel, deploy on Kubernetes |
//! | [`testing`] | test without a network: mock, emulator, a clock that the test moves |
//! | [`custom_backends`] | send through an HTTP client of your own |
//! | [`errors`] | know what to do about each kind of error |
//!
//! Each program on these pages is compiled by our tests, and runs unless it needs LINE itself.

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("sending.md")]
pub mod sending {}

#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("families.md")]
pub mod families {}

#[doc = include_str!("keys_and_rotation.md")]
pub mod keys_and_rotation {}

#[doc = include_str!("caching.md")]
pub mod caching {}

#[doc = include_str!("restarts_and_slots.md")]
pub mod restarts_and_slots {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("custom_backends.md")]
pub mod custom_backends {}

#[doc = include_str!("errors.md")]
pub mod errors {}
