//! What this crate needs of a crypto library.

use line_channel_token_core::Error;

use crate::private_key::{EcKey, RsaKey};

/// A private key and its public half, loaded by a crypto library.
pub(crate) trait KeyPair: Send + Sync {
    /// Signs `message` into `signature`, whose length is that of the algorithm's signatures.
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error>;

    /// Whether `signature` is valid for `message`.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A key pair on P-256 and its public point, uncompressed.
pub(crate) type EcKeyPair = (Box<dyn KeyPair>, [u8; 65]);

/// A crypto library.
pub(crate) struct CryptoProvider {
    pub(crate) load_rsa: fn(&RsaKey) -> Result<Box<dyn KeyPair>, Error>,
    pub(crate) load_ec: fn(&EcKey) -> Result<EcKeyPair, Error>,
    pub(crate) generate_rsa: fn() -> Result<RsaKey, Error>,
    pub(crate) generate_ec: fn() -> Result<EcKey, Error>,
}
