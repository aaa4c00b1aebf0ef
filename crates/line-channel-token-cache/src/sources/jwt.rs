//! v2.1 tokens.

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AssertionSource, ChannelSecret, Client, Error, TokenKeyId, TokenLifetime};

use super::signers::Signers;
use super::{is_to_be_revoked, policy_of};
use crate::budget::IssueBudget;
use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::token_family::TokenFamily;

/// v2.1 tokens of a chosen lifetime.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::{JwtSource, TokenCache};
/// use line_channel_token_core::{ChannelSecret, TokenLifetime};
/// # use line_channel_token_core::{AssertionKid, ChannelId};
/// # use line_channel_token_mock::{FakeSigner, MockBackend};
///
/// # fn main() -> Result<(), line_channel_token_core::Error> {
/// # let client = MockBackend::new().client();
/// # let signer = FakeSigner::new(ChannelId::new("1234567890")?, AssertionKid::new("kid")?);
/// let source = JwtSource::new(client, signer, TokenLifetime::from_days(30)?)
///     .revoke_previous_after(ChannelSecret::new("s3cret")?, Duration::from_secs(600))
///     .with_budget(4)?;
/// let tokens = TokenCache::new(source);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JwtSource {
    client: Client,
    signers: Signers,
    lifetime: TokenLifetime,
    budget: IssueBudget,
    secret: Option<ChannelSecret>,
    grace: Option<Duration>,
}

impl JwtSource {
    /// Tokens that live as long as `lifetime` says. For lifetimes below two minutes, tokens are issued more often than once in a
    /// minute, so that there is always a valid one.
    #[must_use]
    pub fn new(client: Client, signer: impl AssertionSource, lifetime: TokenLifetime) -> Self {
        let budget = IssueBudget::standard(lifetime.as_duration());
        let signers = Signers::new(signer);
        Self { client, signers, lifetime, budget, secret: None, grace: None }
    }

    /// A second assertion key, for the time in which one replaces the other: if LINE does not know the key of the first signer,
    /// one attempt is made with the `other`, which is used from then on if that succeeds. The cache reports it
    /// ([`Event::FallbackSignerUsed`](crate::Event::FallbackSignerUsed)).
    ///
    /// ```
    /// use line_channel_token_cache::{JwtSource, TokenCache};
    /// use line_channel_token_core::{AssertionKid, ChannelId, Operation, TokenLifetime};
    /// use line_channel_token_mock::{FakeSigner, MockBackend, Reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let line = MockBackend::new();
    /// line.given(Operation::IssueJwt)
    ///     .respond(Reply::unknown_assertion_key().then(Reply::jwt_token("the-token", "key-id")));
    /// let id = ChannelId::new("1234567890")?;
    /// let next = FakeSigner::new(id.clone(), AssertionKid::new("next")?);
    /// let former = FakeSigner::new(id, AssertionKid::new("former")?);
    /// let source = JwtSource::new(line.client(), next, TokenLifetime::MAX).with_fallback_signer(former)?;
    /// let tokens = TokenCache::new(source);
    /// assert_eq!(tokens.token().await?.header_value(), "Bearer the-token");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the two are for different channels.
    pub fn with_fallback_signer(self, other: impl AssertionSource) -> Result<Self, Error> {
        let signers = self.signers.with_fallback(other)?;
        Ok(Self { signers, ..self })
    }

    /// Revokes each token when the next one has been there for `grace`: time enough for requests that are in flight
    /// with the previous one. A channel then holds two tokens at most: if a third is needed sooner, the oldest is revoked
    /// before the grace is over. LINE asks for the channel secret to revoke.
    #[must_use]
    pub fn revoke_previous_after(self, secret: ChannelSecret, grace: Duration) -> Self {
        Self { secret: Some(secret), grace: Some(grace), ..self }
    }

    /// The channel secret, which LINE asks for to revoke a token: for a shutdown or the removal of a channel that revokes,
    /// without revoking previous tokens.
    #[must_use]
    pub fn with_secret(self, secret: ChannelSecret) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// How many of the channel's 30 slots the cache may use instead of
    /// [`IssueBudget::DEFAULT_SLOTS`].
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30.
    pub fn with_budget(self, slots: usize) -> Result<Self, Error> {
        Ok(Self { budget: IssueBudget::new(slots, self.lifetime.as_duration())?, ..self })
    }
}

#[async_trait]
impl TokenSource for JwtSource {
    fn policy(&self) -> SourcePolicy {
        policy_of(&self.client, self.signers.first().channel_id(), TokenFamily::Jwt, self.grace)
            .with_budget(self.budget)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let client = &self.client;
        let issue = |assertion| async move { client.issue_jwt(&assertion).await };
        let token = self.signers.call(client, Some(self.lifetime), issue).await?;
        Ok(NewToken::from(token).with_fallback(self.signers.take_switch()).into())
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        match &self.secret {
            Some(secret) if is_to_be_revoked(reason, self.grace) => {
                self.client.revoke_jwt(self.signers.first().channel_id(), secret, token.access_token()).await?;
                Ok(Retired::Revoked)
            }
            _ => Ok(Retired::LeftToExpire),
        }
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        let client = &self.client;
        let list = |assertion| async move { client.key_ids(&assertion).await };
        let key_ids = self.signers.call(client, None, list).await?;
        Ok(Some(key_ids.as_slice().to_vec()))
    }
}
