//! The nine methods, as plain functions.

use std::sync::Arc;

use line_channel_token_core::{
    AccessToken, Assertion, ChannelId, ChannelSecret, Client as AsyncClient, Clock, Error, HttpBackend, JwtToken,
    KeyIds, Revoked, ShortLivedToken, StatelessToken, VerifiedToken,
};

use super::block_on::block_on;

/// The client of `line-channel-token` with functions that block their thread until the call has ended.
///
/// Cheap to clone; clones share the backend and its connections. It may be used from many threads at once. Settings (base URL, limits,
/// retries, clock) are those of the async client that it is made [from](Self::from).
///
/// It is meant for a backend that blocks, as [`UreqBackend`](crate::UreqBackend) does. One that needs a runtime, which is not
/// there, fails each call with an error that says so, and without a panic. Under an async runtime it blocks a thread of the runtime:
/// use the async client there.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// use line_channel_token_mock::{MockBackend, Reply};
/// use line_channel_token_ureq::blocking::Client;
/// # use line_channel_token_core::Operation;
///
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// let client = Client::from(line.client()); // or Client::new(UreqBackend::new()?) for LINE itself
/// let token = client.issue_stateless(&ChannelId::new("1234567890")?, &ChannelSecret::new("s3cret")?)?;
/// assert_eq!(token.expires_in().as_secs(), 900);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of the async client: every function fails with an [`Error`] whose [`kind`](Error::kind) says why.
#[derive(Clone, Debug)]
pub struct Client(AsyncClient);

impl Client {
    /// A client of LINE itself, with the default limits, retries and clock.
    #[must_use]
    pub fn new(backend: impl HttpBackend) -> Self {
        Self(AsyncClient::new(backend))
    }

    /// The async client that makes the calls.
    #[must_use]
    pub fn as_async(&self) -> &AsyncClient {
        &self.0
    }

    /// The clock that the async client was given, or the machine's.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }

    /// Issues a short-lived token (v2): see [`issue`](AsyncClient::issue) of the async client.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](line_channel_token_core::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub fn issue(&self, channel_id: &ChannelId, secret: &ChannelSecret) -> Result<ShortLivedToken, Error> {
        block_on(self.0.issue(channel_id, secret))
    }

    /// Verifies a short-lived or long-lived token: see [`verify`](AsyncClient::verify) of the async client.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`](line_channel_token_core::ErrorKind::InvalidToken) if it is unknown, expired or revoked; otherwise see
    /// [`Client`].
    pub fn verify(&self, token: &AccessToken) -> Result<VerifiedToken, Error> {
        block_on(self.0.verify(token))
    }

    /// Revokes a short-lived or long-lived token: see [`revoke`](AsyncClient::revoke) of the async client.
    ///
    /// # Errors
    ///
    /// See [`Client`].
    pub fn revoke(&self, token: &AccessToken) -> Result<Revoked, Error> {
        block_on(self.0.revoke(token))
    }

    /// Issues a stateless token (v3) with the channel secret: see [`issue_stateless`](AsyncClient::issue_stateless) of the
    /// async client.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](line_channel_token_core::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub fn issue_stateless(&self, channel_id: &ChannelId, secret: &ChannelSecret) -> Result<StatelessToken, Error> {
        block_on(self.0.issue_stateless(channel_id, secret))
    }

    /// Issues a stateless token (v3) with an assertion: see [`issue_stateless_with_jwt`](AsyncClient::issue_stateless_with_jwt)
    /// of the async client.
    ///
    /// # Errors
    ///
    /// [`InvalidAssertion`](line_channel_token_core::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](line_channel_token_core::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub fn issue_stateless_with_jwt(&self, assertion: &Assertion) -> Result<StatelessToken, Error> {
        block_on(self.0.issue_stateless_with_jwt(assertion))
    }

    /// Issues a v2.1 token: see [`issue_jwt`](AsyncClient::issue_jwt) of the async client.
    ///
    /// # Errors
    ///
    /// [`TokenLimitReached`](line_channel_token_core::ErrorKind::TokenLimitReached),
    /// [`InvalidAssertion`](line_channel_token_core::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](line_channel_token_core::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub fn issue_jwt(&self, assertion: &Assertion) -> Result<JwtToken, Error> {
        block_on(self.0.issue_jwt(assertion))
    }

    /// Verifies a v2.1 token: see [`verify_jwt`](AsyncClient::verify_jwt) of the async client.
    ///
    /// # Errors
    ///
    /// [`TokenExpired`](line_channel_token_core::ErrorKind::TokenExpired),
    /// [`TokenRevoked`](line_channel_token_core::ErrorKind::TokenRevoked) and
    /// [`InvalidToken`](line_channel_token_core::ErrorKind::InvalidToken); otherwise see [`Client`].
    pub fn verify_jwt(&self, token: &AccessToken) -> Result<VerifiedToken, Error> {
        block_on(self.0.verify_jwt(token))
    }

    /// Revokes a v2.1 token: see [`revoke_jwt`](AsyncClient::revoke_jwt) of the async client.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](line_channel_token_core::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub fn revoke_jwt(
        &self,
        channel_id: &ChannelId,
        secret: &ChannelSecret,
        token: &AccessToken,
    ) -> Result<Revoked, Error> {
        block_on(self.0.revoke_jwt(channel_id, secret, token))
    }

    /// Lists the key ids of the channel's valid v2.1 tokens: see [`key_ids`](AsyncClient::key_ids) of the async client.
    ///
    /// # Errors
    ///
    /// [`InvalidAssertion`](line_channel_token_core::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](line_channel_token_core::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub fn key_ids(&self, assertion: &Assertion) -> Result<KeyIds, Error> {
        block_on(self.0.key_ids(assertion))
    }
}

impl From<AsyncClient> for Client {
    fn from(client: AsyncClient) -> Self {
        Self(client)
    }
}
