//! Assertions without a key.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionSource, ChannelId, Clock, Error, SystemClock, TokenLifetime,
};
use serde_json::json;

/// Makes assertions that have everything but a true signature: for a backend that checks none.
///
/// `sign`, `sign_for` and the rest are called as those of the real `AssertionSigner`. An emulator refuses what it makes.
/// Its claims follow the machine's clock, unless [`with_clock`](Self::with_clock) names the mock's.
#[derive(Clone, Debug)]
pub struct FakeSigner {
    channel_id: ChannelId,
    kid: AssertionKid,
    clock: Arc<dyn Clock>,
    fails: bool,
}

impl FakeSigner {
    /// A signer for one channel and kid, by the machine's clock.
    #[must_use]
    pub fn new(channel_id: ChannelId, kid: AssertionKid) -> Self {
        Self { channel_id, kid, clock: Arc::new(SystemClock), fails: false }
    }

    /// The same with the time from `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same, but it always fails, as a key store out of reach does.
    #[must_use]
    pub fn failing(self) -> Self {
        Self { fails: true, ..self }
    }

    /// The kid of the key that it pretends to have.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        &self.kid
    }

    /// The channel that the assertions speak for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// Makes an assertion without a token lifetime: for `issue_stateless_with_jwt` and `key_ids`.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where it was told to [fail](Self::failing).
    pub fn sign(&self) -> Result<Assertion, Error> {
        self.make(None)
    }

    /// Makes an assertion for a token of this life: for `issue_jwt`.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where it was told to [fail](Self::failing).
    pub fn sign_for(&self, lifetime: TokenLifetime) -> Result<Assertion, Error> {
        self.make(Some(lifetime))
    }

    fn make(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        if self.fails {
            return Err(Error::signing("the fake signer was told to fail"));
        }
        let id = self.channel_id.as_str();
        let exp = self.clock.now().unix.as_secs() + 300;
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid.as_str() });
        let mut claims = json!({ "iss": id, "sub": id, "aud": "https://api.line.me/", "exp": exp });
        if let Some(lifetime) = token_lifetime {
            claims["token_exp"] = lifetime.as_secs().into();
        }
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        let signature = part("no signature: made for a test".to_owned());
        Assertion::new(format!("{}.{}.{signature}", part(header.to_string()), part(claims.to_string())))
    }
}

#[async_trait]
impl AssertionSource for FakeSigner {
    fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    fn kid(&self) -> Option<&AssertionKid> {
        Some(&self.kid)
    }

    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        self.make(token_lifetime)
    }
}
