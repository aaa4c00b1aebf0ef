//! Short-lived tokens (v2).

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AccessToken, ChannelId, ChannelSecret, Client, Error, IssuedToken, TokenLifetime};

use crate::{IssueBudget, NewToken, TokenSource};

/// Short-lived tokens (v2).
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
        // LINE gives them all 30 days.
        let budget = IssueBudget::standard(TokenLifetime::MAX.as_duration());
        Self { client, channel_id, secret, budget, grace: None }
    }

    /// Revokes each token when its successor has been there for `grace`: time enough for requests that are under way
    /// with the old one. A channel then holds two tokens at most: where a third is needed sooner, the oldest is revoked
    /// before the grace is over.
    #[must_use]
    pub fn revoking_predecessors(self, grace: Duration) -> Self {
        Self { grace: Some(grace), ..self }
    }

    /// How many of the channel's 30 places the cache may use, in place of
    /// [`IssueBudget::DEFAULT_PLACES`].
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30.
    pub fn with_budget(self, places: usize) -> Result<Self, Error> {
        Ok(Self { budget: IssueBudget::new(places, TokenLifetime::MAX.as_duration())?, ..self })
    }
}

#[async_trait]
impl TokenSource for ShortLivedSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        Ok(IssuedToken::from(self.client.issue(&self.channel_id, &self.secret).await?).into())
    }

    fn channel_id(&self) -> Option<&ChannelId> {
        Some(&self.channel_id)
    }

    fn budget(&self) -> Option<IssueBudget> {
        Some(self.budget)
    }

    fn revokes_after(&self) -> Option<Duration> {
        self.grace
    }

    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        self.client.revoke(token).await.map(drop)
    }
}
