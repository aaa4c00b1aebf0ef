//! Short-lived tokens (v2).

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{ChannelId, ChannelSecret, Client, Error, IssuedToken, TokenLifetime};

use super::{is_to_be_revoked, policy_of};
use crate::budget::IssueBudget;
use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::token_family::TokenFamily;

/// Short-lived tokens (v2).
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::{ShortLivedSource, TokenCache};
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// # use line_channel_token_mock::MockBackend;
///
/// # fn main() -> Result<(), line_channel_token_core::Error> {
/// # let client = MockBackend::new().client();
/// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let source = ShortLivedSource::new(client, id, secret)
///     .revoke_previous_after(Duration::from_secs(600))
///     .with_budget(4)?;
/// let tokens = TokenCache::new(source);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ShortLivedSource {
    client: Client,
    channel_id: ChannelId,
    secret: ChannelSecret,
    budget: IssueBudget,
    grace: Option<Duration>,
}

impl ShortLivedSource {
    /// Tokens for a channel secret.
    #[must_use]
    pub fn new(client: Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        Self { client, channel_id, secret, budget: standard_budget(), grace: None }
    }

    /// Revokes each token when the next one has been there for `grace`: time enough for requests that are in flight
    /// with the previous one. A channel then holds two tokens at most: if a third is needed sooner, the oldest is revoked
    /// before the grace is over.
    #[must_use]
    pub fn revoke_previous_after(self, grace: Duration) -> Self {
        Self { grace: Some(grace), ..self }
    }

    /// How many of the channel's 30 slots the cache may use instead of
    /// [`IssueBudget::DEFAULT_SLOTS`].
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30.
    pub fn with_budget(self, slots: usize) -> Result<Self, Error> {
        Ok(Self { budget: IssueBudget::new(slots, TokenLifetime::MAX.as_duration())?, ..self })
    }
}

/// LINE gives these tokens 30 days.
pub(super) fn standard_budget() -> IssueBudget {
    IssueBudget::standard(TokenLifetime::MAX.as_duration())
}

#[async_trait]
impl TokenSource for ShortLivedSource {
    fn policy(&self) -> SourcePolicy {
        policy_of(&self.client, &self.channel_id, TokenFamily::ShortLived, self.grace).with_budget(self.budget)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let token = self.client.issue(&self.channel_id, &self.secret).await?;
        Ok(NewToken::from(IssuedToken::from(token)).into())
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        if !is_to_be_revoked(reason, self.grace) {
            return Ok(Retired::LeftToExpire);
        }
        self.client.revoke(token.access_token()).await?;
        Ok(Retired::Revoked)
    }
}
