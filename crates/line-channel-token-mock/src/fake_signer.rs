//! Assertions without a key.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionSource, ChannelId, Clock, Error, SystemClock, TokenLifetime,
};
use serde_json::json;

/// Makes assertions that have everything but a true signature: for a backend that checks none, such as the mock. An emulator refuses them.
///
/// Its methods have the names of those of the real `AssertionSigner`. Its claims follow the clock of the client that
/// it is used with by a token source, unless [`with_clock`](Self::with_clock) sets another one; by itself it asks the machine's.
///
/// ```
/// use futures_executor::block_on;
/// use line_channel_token_core::{AssertionKid, ChannelId, Operation, TokenLifetime};
/// use line_channel_token_mock::{FakeSigner, MockBackend, Reply};
///
/// let line = MockBackend::new();
/// line.given(Operation::IssueJwt).respond(Reply::jwt_token("the-token", "key-id"));
///
/// let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new("the-kid").unwrap());
/// let assertion = signer.sign_for(TokenLifetime::MAX).unwrap();
/// block_on(line.client().issue_jwt(&assertion)).unwrap();
/// assert_eq!(line.received_requests()[0].assertion_kid().unwrap(), "the-kid");
/// ```
#[derive(Clone, Debug)]
pub struct FakeSigner {
    channel_id: ChannelId,
    kid: AssertionKid,
    clock: Option<Arc<dyn Clock>>,
    is_failing: bool,
}

impl FakeSigner {
    /// A signer for one channel and kid, on the machine's clock.
    #[must_use]
    pub fn new(channel_id: ChannelId, kid: AssertionKid) -> Self {
        Self { channel_id, kid, clock: None, is_failing: false }
    }

    /// Takes the time of its claims from `clock`.
    ///
    /// ```
    /// use line_channel_token_core::{AssertionKid, ChannelId};
    /// use line_channel_token_mock::{FakeSigner, MockBackend};
    ///
    /// let line = MockBackend::new();
    /// let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new("the-kid").unwrap())
    ///     .with_clock(line.client().clock());
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Makes every signature fail, as if the key store could not be reached.
    ///
    /// ```
    /// use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind};
    /// use line_channel_token_mock::FakeSigner;
    ///
    /// let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new("the-kid").unwrap()).failing();
    /// assert_eq!(signer.sign().unwrap_err().kind(), ErrorKind::Signing);
    /// ```
    #[must_use]
    pub fn failing(self) -> Self {
        Self { is_failing: true, ..self }
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
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if it was told to [fail](Self::failing).
    pub fn sign(&self) -> Result<Assertion, Error> {
        self.make_assertion(None, &SystemClock)
    }

    /// Makes an assertion for a token with this lifetime: for `issue_jwt`.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if it was told to [fail](Self::failing).
    pub fn sign_for(&self, lifetime: TokenLifetime) -> Result<Assertion, Error> {
        self.make_assertion(Some(lifetime), &SystemClock)
    }

    fn make_assertion(&self, token_lifetime: Option<TokenLifetime>, clock: &dyn Clock) -> Result<Assertion, Error> {
        if self.is_failing {
            return Err(Error::signing("the fake signer was told to fail"));
        }
        let id = self.channel_id.as_str();
        let exp = self.clock.as_deref().unwrap_or(clock).now().unix.as_secs() + 300;
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid.as_str() });
        let mut claims = json!({ "iss": id, "sub": id, "aud": "https://api.line.me/", "exp": exp });
        if let Some(lifetime) = token_lifetime {
            claims["token_exp"] = lifetime.as_secs().into();
        }
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signature = URL_SAFE_NO_PAD.encode("no signature: made for a test");
        Assertion::new(format!("{header}.{claims}.{signature}"))
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
        self.make_assertion(token_lifetime, &SystemClock)
    }

    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        self.make_assertion(token_lifetime, clock)
    }
}
