//! The guide, one page for each thing that you may want to do.
//!
//! | page | read it if you want to |
//! |---|---|
//! | [`getting_started`] | get the first token and send a message with it |
//! | [`configuration`] | take all of it from the environment, from files or a command line, and replace a secret without a restart |
//! | [`sending`] | send messages with the client or the SDK that you have, and survive a revoked token |
//! | [`families`] | know which of the token families to take |
//! | [`keys_and_rotation`] | sign assertions: generate, register and replace a key |
//! | [`hsm_and_kms`] | sign with a key that never leaves an HSM or a KMS |
//! | [`caching`] | have a valid token at any moment, for one channel or for thousands |
//! | [`restarts_and_slots`] | never run out of LINE's 30 tokens per channel, deploy on Kubernetes |
//! | [`sharing`] | have many processes and many lives of a process use one token, and encrypt what they share |
//! | [`testing`] | test without a network: mock, emulator, a clock that the test moves |
//! | [`observability`] | see what happens: spans for `tracing` and OpenTelemetry, metrics, health |
//! | [`blocking`] | do without an async runtime |
//! | [`custom_backends`] | send through an HTTP client of your own |
//! | [`errors`] | know what to do about each kind of error |
//!
//! Each program on these pages is compiled by our tests, and runs unless it needs LINE itself.

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("sending.md")]
pub mod sending {}

#[doc = include_str!("families.md")]
pub mod families {}

#[doc = include_str!("keys_and_rotation.md")]
pub mod keys_and_rotation {}

#[doc = include_str!("hsm_and_kms.md")]
pub mod hsm_and_kms {}

#[doc = include_str!("caching.md")]
pub mod caching {}

#[doc = include_str!("restarts_and_slots.md")]
pub mod restarts_and_slots {}

#[doc = include_str!("sharing.md")]
pub mod sharing {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("observability.md")]
pub mod observability {}

#[doc = include_str!("blocking.md")]
pub mod blocking {}

#[doc = include_str!("custom_backends.md")]
pub mod custom_backends {}

#[doc = include_str!("errors.md")]
pub mod errors {}
