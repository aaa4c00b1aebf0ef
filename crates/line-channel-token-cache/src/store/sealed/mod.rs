//! Encryption of what a store holds.

mod envelope;
mod key_text;
mod sealed_store;
mod sealing_key;

pub use sealed_store::SealedStore;
pub use sealing_key::SealingKey;
