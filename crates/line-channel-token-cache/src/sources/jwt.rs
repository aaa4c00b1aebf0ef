//! v2.1 tokens.

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{
    AccessToken, AssertionSource, ChannelId, ChannelSecret, Client, Error, TokenKeyId, TokenLifetime,
};

use super::signers::Signers;
use crate::{IssueBudget, NewToken, TokenSource};

/// v2.1 tokens of a chosen life.
#[derive(Clone, Debug)]
pub struct JwtSource {
    client: Client,
    signers: Signers,
    lifetime: TokenLifetime,
    budget: IssueBudget,
    revocation: Option<(ChannelSecret, Duration)>,
}

impl JwtSource {
    /// Tokens that live as long as `lifetime` says.
    #[must_use]
    pub fn new(client: Client, signer: impl AssertionSource, lifetime: TokenLifetime) -> Self {
        Self::of(client, Signers::new(signer), lifetime)
    }

    /// The same with two assertion keys, for the time in which one replaces the other: where LINE does not know the key of
    /// `signer`, the `other` one is tried once, and serves from then on. The cache reports it
    /// ([`Event::OtherSignerUsed`](crate::Event::OtherSignerUsed)).
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the two are for different channels.
    pub fn with_two_signers(
        client: Client,
        signer: impl AssertionSource,
        other: impl AssertionSource,
        lifetime: TokenLifetime,
    ) -> Result<Self, Error> {
        Ok(Self::of(client, Signers::new(signer).with_other(other)?, lifetime))
    }

    fn of(client: Client, signers: Signers, lifetime: TokenLifetime) -> Self {
        let budget = IssueBudget::standard(lifetime.as_duration());
        Self { client, signers, lifetime, budget, revocation: None }
    }

    /// Revokes each token when its successor has been there for `grace`: time enough for requests that are under way
    /// with the old one. A channel then holds two tokens at most: where a third is needed sooner, the oldest is revoked
    /// before the grace is over. LINE asks for the channel secret to revoke.
    #[must_use]
    pub fn revoking_predecessors(self, secret: ChannelSecret, grace: Duration) -> Self {
        Self { revocation: Some((secret, grace)), ..self }
    }

    /// How many of the channel's 30 places the cache may use, in place of
    /// [`IssueBudget::DEFAULT_PLACES`].
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30.
    pub fn with_budget(self, places: usize) -> Result<Self, Error> {
        Ok(Self { budget: IssueBudget::new(places, self.lifetime.as_duration())?, ..self })
    }
}

#[async_trait]
impl TokenSource for JwtSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        let client = &self.client;
        let issue = |assertion| async move { client.issue_jwt(&assertion).await };
        let token = self.signers.call(Some(self.lifetime), issue).await?;
        Ok(NewToken::from(token).with_other_signer(self.signers.take_switch()))
    }

    fn channel_id(&self) -> Option<&ChannelId> {
        Some(self.signers.first().channel_id())
    }

    fn budget(&self) -> Option<IssueBudget> {
        Some(self.budget)
    }

    fn revokes_after(&self) -> Option<Duration> {
        self.revocation.as_ref().map(|(_, grace)| *grace)
    }

    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        let Some((secret, _)) = &self.revocation else {
            return Err(Error::invalid_input(
                "a v2.1 token is revoked with the channel secret: `revoking_predecessors`",
            ));
        };
        self.client.revoke_jwt(self.signers.first().channel_id(), secret, token).await.map(drop)
    }

    async fn key_ids(&self) -> Result<Vec<TokenKeyId>, Error> {
        let client = &self.client;
        let list = |assertion| async move { client.key_ids(&assertion).await };
        let key_ids = self.signers.call(None, list).await?;
        Ok(key_ids.as_slice().to_vec())
    }
}
