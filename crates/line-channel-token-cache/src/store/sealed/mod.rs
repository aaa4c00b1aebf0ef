//! Encryption of what a store holds.

use super::token_store::TokenStore;

/// Encrypts what another store keeps.
#[derive(Clone, Debug)]
pub struct SealedStore<S> {
    inner: S,
}

/// A key to encrypt with.
#[derive(Clone, Debug)]
pub struct SealingKey;
