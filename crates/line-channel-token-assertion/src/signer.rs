//! Signs the assertions of one channel with one key.

use std::sync::Arc;

use async_trait::async_trait;
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionLifetime, AssertionSource, ChannelId, Clock, Error, TokenLifetime,
};

use crate::{AssertionTemplate, SigningAlgorithm, SigningKey};

/// Signs assertions for one channel and kid.
///
/// It is cheap to clone and may be used from many threads at once. Everything that is the same in every assertion is
/// made once; a signature costs little more than the provider's own work.
#[derive(Clone, Debug)]
pub struct AssertionSigner {
    template: AssertionTemplate,
    key: SigningKey,
}

impl AssertionSigner {
    /// Takes the channel, the kid that the LINE Developers Console gave for the registered public key, and the private
    /// key. Assertions live 5 minutes by the machine's clock, unless told otherwise.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the key is not RSA, because LINE
    /// accepts nothing else, or where it came from a JWK that names another kid.
    pub fn new(channel_id: ChannelId, kid: AssertionKid, key: SigningKey) -> Result<Self, Error> {
        if key.algorithm() != SigningAlgorithm::Rs256 {
            return Err(Error::invalid_input(format!(
                "this key signs {}, and LINE accepts RS256 with an RSA key of 2048 bits alone: use such a key \
                 (SigningKey::generate_rsa), or AssertionSigner::new_with_es256 where a gateway takes ES256",
                key.algorithm()
            )));
        }
        Self::new_with_es256(channel_id, kid, key)
    }

    /// As [`new`](Self::new), with EC keys too.
    ///
    /// LINE does not accept ES256 today: this is for a gateway that does, and for the day that LINE does.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the key came from a JWK that names
    /// another kid.
    pub fn new_with_es256(channel_id: ChannelId, kid: AssertionKid, key: SigningKey) -> Result<Self, Error> {
        if key.embedded_kid().is_some_and(|embedded| embedded != kid.as_str()) {
            return Err(Error::invalid_input(format!(
                "the private JWK names another kid than {kid}: give the kid that the LINE Developers Console shows for \
                 this very key, and take the \"kid\" out of the JWK if it is not that one"
            )));
        }
        Ok(Self { template: AssertionTemplate::new(channel_id, kid, key.algorithm()), key })
    }

    /// The same with assertions that live as long as `lifetime` says.
    #[must_use]
    pub fn with_lifetime(self, lifetime: AssertionLifetime) -> Self {
        Self { template: self.template.with_lifetime(lifetime), key: self.key }
    }

    /// The same with the time from `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { template: self.template.with_clock(clock), key: self.key }
    }

    /// The kid of the key.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        self.template.kid()
    }

    /// The channel that the assertions speak for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        self.template.channel_id()
    }

    /// The algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.template.algorithm()
    }

    /// Signs an assertion without a token lifetime: for `issue_stateless_with_jwt` and `key_ids`.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where the provider fails.
    pub fn sign(&self) -> Result<Assertion, Error> {
        self.signed(None)
    }

    /// Signs an assertion for a token that shall live as long as `lifetime` says: for `issue_jwt`.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where the provider fails.
    pub fn sign_for(&self, lifetime: TokenLifetime) -> Result<Assertion, Error> {
        self.signed(Some(lifetime))
    }

    fn signed(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        let unsigned = self.template.unsigned(token_lifetime);
        let mut signature = [0; 256];
        let signature = &mut signature[..self.algorithm().signature_len()];
        self.key.sign_bytes(unsigned.signing_input(), signature)?;
        unsigned.attach_signature(signature)
    }
}

#[async_trait]
impl AssertionSource for AssertionSigner {
    fn channel_id(&self) -> &ChannelId {
        self.template.channel_id()
    }

    fn kid(&self) -> Option<&AssertionKid> {
        Some(self.template.kid())
    }

    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        self.signed(token_lifetime)
    }
}
