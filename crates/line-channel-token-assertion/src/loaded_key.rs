//! Loads a private key into a crypto provider, and checks that it can sign.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::crypto::{CryptoProvider, KeyPair};
use crate::key_errors::inconsistent;
use crate::private_key::{EcKey, PrivateKey, RsaKey};
use crate::{PublicJwk, SigningAlgorithm};

/// A private key that was checked and can sign.
pub(crate) struct LoadedKey {
    pub(crate) key_pair: Box<dyn KeyPair>,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) public_jwk: PublicJwk,
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    /// The `kid` of the private JWK.
    pub(crate) embedded_kid: Option<String>,
}

impl LoadedKey {
    /// Checks and loads a key that was parsed.
    pub(crate) fn load(provider: &CryptoProvider, key: &PrivateKey, kid: Option<String>) -> Result<Self, Error> {
        match key {
            PrivateKey::Rsa(key) => {
                // Without a provider no key can be loaded, so there is nothing to check.
                #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
                crate::rsa_components::check(key)?;
                Self::load_rsa(provider, key, kid)
            }
            PrivateKey::Ec(key) => Self::load_ec(provider, key, kid),
        }
    }

    pub(crate) fn generate_rsa(provider: &CryptoProvider) -> Result<Self, Error> {
        // The components need no check: the provider has just tested the primes.
        Self::load_rsa(provider, &(provider.generate_rsa)()?, None)
    }

    pub(crate) fn generate_ec(provider: &CryptoProvider) -> Result<Self, Error> {
        Self::load_ec(provider, &(provider.generate_ec)()?, None)
    }

    fn load_rsa(provider: &CryptoProvider, key: &RsaKey, kid: Option<String>) -> Result<Self, Error> {
        Self {
            key_pair: (provider.load_rsa)(key)?,
            algorithm: SigningAlgorithm::Rs256,
            public_jwk: PublicJwk::rsa(&key.modulus, &key.exponent),
            pkcs8: key.to_pkcs8(),
            embedded_kid: kid,
        }
        .self_tested()
    }

    fn load_ec(provider: &CryptoProvider, key: &EcKey, kid: Option<String>) -> Result<Self, Error> {
        let (key_pair, point) = (provider.load_ec)(key)?;
        if !key.agrees_with(&point) {
            return Err(inconsistent());
        }
        Self {
            key_pair,
            algorithm: SigningAlgorithm::Es256,
            public_jwk: PublicJwk::ec(&point),
            pkcs8: key.to_pkcs8(Some(&point)),
            embedded_kid: kid,
        }
        .self_tested()
    }

    /// Signs and verifies once, so that a key that cannot sign is refused here and not during a call.
    fn self_tested(self) -> Result<Self, Error> {
        const MESSAGE: &[u8] = b"a key of line-channel-token checks itself";
        let mut signature = vec![0; self.algorithm.signature_len()];
        self.key_pair.sign(MESSAGE, &mut signature)?;
        if !self.key_pair.verify(MESSAGE, &signature) {
            return Err(inconsistent());
        }
        Ok(self)
    }
}
