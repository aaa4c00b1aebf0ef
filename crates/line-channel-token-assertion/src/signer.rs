//! Signs the assertions of one channel with one key.

use std::sync::Arc;

use async_trait::async_trait;
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionLifetime, AssertionSource, ChannelId, Clock, Error, SystemClock, TokenLifetime,
};

use crate::{AssertionTemplate, SigningAlgorithm, SigningKey};

/// Signs assertions for one channel and kid.
///
/// Clones are cheap, and several threads may sign at the same time. All that is the same in every assertion is encoded once, so
/// signing costs little more than the signature itself.
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::{AssertionSigner, SigningKey};
/// use line_channel_token_core::{AssertionKid, AssertionLifetime, ChannelId, TokenLifetime};
///
/// # let pem = SigningKey::generate_rsa()?.to_pkcs8_pem()?;
/// # let pem = pem.expose_secret();
/// let signer = AssertionSigner::new(
///     ChannelId::new("1234567890")?,
///     AssertionKid::new("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11")?,
///     SigningKey::from_pem(pem)?,
/// )?
/// .with_lifetime(AssertionLifetime::from_secs(120)?);
///
/// // For a stateless token, or to list the key ids:
/// let assertion = signer.sign()?;
/// assert_eq!(assertion.expose_secret().split('.').count(), 3);
/// // For a channel access token v2.1 that lives 30 days:
/// let assertion = signer.sign_for(TokenLifetime::from_days(30)?)?;
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AssertionSigner {
    template: AssertionTemplate,
    key: SigningKey,
}

impl AssertionSigner {
    /// Makes a signer from the channel id, the kid that the LINE Developers Console assigned to the registered public key, and
    /// the private key. [`AssertionSigner`] has an example.
    ///
    /// Assertions live 5 minutes, by the clock of the machine. [`with_lifetime`](Self::with_lifetime) and
    /// [`with_clock`](Self::with_clock) change that.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the key is not RSA, because LINE accepts only
    /// RS256 ([its guide][line]), or if it was parsed from a JWK with another kid.
    ///
    /// [line]: https://developers.line.biz/en/docs/messaging-api/generate-json-web-token/
    pub fn new(channel_id: ChannelId, kid: AssertionKid, key: SigningKey) -> Result<Self, Error> {
        if key.algorithm() != SigningAlgorithm::Rs256 {
            return Err(Error::invalid_input(format!(
                "this key signs {}, and LINE accepts only RS256: use an RSA key with 2048 bits",
                key.algorithm()
            )));
        }
        Self::new_with_es256(channel_id, kid, key)
    }

    /// As [`new`](Self::new), but also accepts EC keys.
    ///
    /// LINE does not accept ES256 today: use this for a gateway that does.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::{AssertionSigner, SigningAlgorithm, SigningKey};
    /// use line_channel_token_core::{AssertionKid, ChannelId};
    ///
    /// let channel_id = ChannelId::new("1234567890")?;
    /// let kid = AssertionKid::new("gateway-key")?;
    /// let key = SigningKey::generate_ec()?;
    /// assert!(AssertionSigner::new(channel_id.clone(), kid.clone(), key.clone()).is_err());
    ///
    /// let signer = AssertionSigner::new_with_es256(channel_id, kid, key)?;
    /// assert_eq!(signer.algorithm(), SigningAlgorithm::Es256);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the key was parsed from a JWK with another kid.
    pub fn new_with_es256(channel_id: ChannelId, kid: AssertionKid, key: SigningKey) -> Result<Self, Error> {
        if key.embedded_kid().is_some_and(|embedded| embedded != kid.as_str()) {
            return Err(Error::invalid_input(format!(
                "the private JWK has another kid than {kid}: give the kid that the LINE Developers Console shows for this key, \
                 and remove \"kid\" from the JWK if it is not that one"
            )));
        }
        Ok(Self { template: AssertionTemplate::new(channel_id, kid, key.algorithm()), key })
    }

    /// Sets the lifetime of the assertions, 1 to 1800 seconds. The default is 300.
    ///
    /// LINE refuses an assertion that expires more than 30 minutes ahead of its own clock, so the maximum fails if the local clock
    /// is fast.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_core::AssertionLifetime;
    /// # use line_channel_token_assertion::{AssertionSigner, SigningKey};
    /// # use line_channel_token_core::{AssertionKid, ChannelId};
    /// # let channel_id = ChannelId::new("1234567890")?;
    /// # let kid = AssertionKid::new("kid")?;
    /// # let signer = AssertionSigner::new_with_es256(channel_id, kid, SigningKey::generate_ec()?)?;
    ///
    /// let signer = signer.with_lifetime(AssertionLifetime::from_secs(60)?);
    /// assert_eq!(signer.lifetime().as_secs(), 60);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_lifetime(self, lifetime: AssertionLifetime) -> Self {
        Self { template: self.template.with_lifetime(lifetime), key: self.key }
    }

    /// Sets the audience (`aud`). The default is `https://api.line.me/`, which LINE requires whatever address the assertion is sent to:
    /// use this for another server that asks for its own.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// # use line_channel_token_assertion::{AssertionSigner, SigningKey};
    /// # use line_channel_token_core::{AssertionKid, ChannelId};
    /// # let channel_id = ChannelId::new("1234567890")?;
    /// # let kid = AssertionKid::new("kid")?;
    /// # let signer = AssertionSigner::new_with_es256(channel_id, kid, SigningKey::generate_ec()?)?;
    ///
    /// let signer = signer.with_audience("https://gateway.example/");
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_audience(self, audience: impl AsRef<str>) -> Self {
        Self { template: self.template.with_audience(audience), key: self.key }
    }

    /// Sets the clock that expiry is measured by. The default is that of the client, if a token source of
    /// `line-channel-token-cache` uses this signer with one, and otherwise the clock of the machine.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use std::sync::Arc;
    /// use line_channel_token_core::SystemClock;
    /// # use line_channel_token_assertion::{AssertionSigner, SigningKey};
    /// # use line_channel_token_core::{AssertionKid, ChannelId};
    /// # let channel_id = ChannelId::new("1234567890")?;
    /// # let kid = AssertionKid::new("kid")?;
    /// # let signer = AssertionSigner::new_with_es256(channel_id, kid, SigningKey::generate_ec()?)?;
    ///
    /// // In a test: the clock of the mock or the emulator.
    /// let signer = signer.with_clock(Arc::new(SystemClock));
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { template: self.template.with_clock(clock), key: self.key }
    }

    /// The channel that the assertions are for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        self.template.channel_id()
    }

    /// The kid of the key.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        self.template.kid()
    }

    /// The algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.template.algorithm()
    }

    /// The lifetime of each assertion.
    #[must_use]
    pub fn lifetime(&self) -> AssertionLifetime {
        self.template.lifetime()
    }

    /// Signs an assertion without a token lifetime, for `issue_stateless_with_jwt` and `key_ids`.
    ///
    /// [`AssertionSigner`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the provider fails.
    pub fn sign(&self) -> Result<Assertion, Error> {
        self.sign_claims(None, &SystemClock)
    }

    /// Signs an assertion for `issue_jwt`. The token will live for `lifetime`: 1 second to 30 days, which is LINE's maximum.
    ///
    /// [`AssertionSigner`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the provider fails.
    pub fn sign_for(&self, lifetime: TokenLifetime) -> Result<Assertion, Error> {
        self.sign_claims(Some(lifetime), &SystemClock)
    }

    fn sign_claims(&self, token_lifetime: Option<TokenLifetime>, clock: &dyn Clock) -> Result<Assertion, Error> {
        let unsigned = self.template.unsigned_by_clock(token_lifetime, clock);
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
        self.sign_claims(token_lifetime, &SystemClock)
    }

    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        self.sign_claims(token_lifetime, clock)
    }
}
