//! Keys and signatures, with whichever provider of cryptography is on. One program, because linking one for each file takes longer than
//! running them.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

mod formats;
mod jwk;
mod not_a_key;
mod pasted_encoded;
mod pasted_jwk;
mod pasted_pem;
mod public_keys;
mod secrecy;
mod several_keys;
mod signer;
