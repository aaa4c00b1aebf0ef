//! A source for each family of tokens.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{
    AccessToken, AssertionSource, ChannelId, ChannelSecret, Client, Error, IssuedToken, Moment, TokenLifetime,
};

use crate::{NewToken, TokenSource};

/// Stateless tokens (v3), for a channel secret or for assertions.
#[derive(Clone, Debug)]
pub struct StatelessSource {
    client: Client,
    credentials: Credentials,
}

#[derive(Clone, Debug)]
enum Credentials {
    Secret(ChannelId, ChannelSecret),
    Assertion(Arc<dyn AssertionSource>),
}

impl StatelessSource {
    /// Tokens for a channel secret.
    #[must_use]
    pub fn with_secret(client: Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        Self { client, credentials: Credentials::Secret(channel_id, secret) }
    }

    /// Tokens for assertions.
    #[must_use]
    pub fn new(client: Client, signer: impl AssertionSource) -> Self {
        Self { client, credentials: Credentials::Assertion(Arc::new(signer)) }
    }
}

#[async_trait]
impl TokenSource for StatelessSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        let token = match &self.credentials {
            Credentials::Secret(id, secret) => self.client.issue_stateless(id, secret).await?,
            Credentials::Assertion(signer) => {
                self.client.issue_stateless_with_jwt(&signer.assertion(None).await?).await?
            }
        };
        Ok(IssuedToken::from(token).into())
    }

    /// A second: LINE means stateless tokens to be issued freely.
    fn least_interval(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// v2.1 tokens of a chosen life.
#[derive(Clone, Debug)]
pub struct JwtSource {
    client: Client,
    signer: Arc<dyn AssertionSource>,
    lifetime: TokenLifetime,
}

impl JwtSource {
    /// Tokens that live as long as `lifetime` says.
    #[must_use]
    pub fn new(client: Client, signer: impl AssertionSource, lifetime: TokenLifetime) -> Self {
        Self { client, signer: Arc::new(signer), lifetime }
    }
}

#[async_trait]
impl TokenSource for JwtSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        let assertion = self.signer.assertion(Some(self.lifetime)).await?;
        Ok(self.client.issue_jwt(&assertion).await?.into())
    }
}

/// Short-lived tokens (v2).
#[derive(Clone, Debug)]
pub struct ShortLivedSource {
    client: Client,
    channel_id: ChannelId,
    secret: ChannelSecret,
}

impl ShortLivedSource {
    /// Tokens for a channel secret.
    #[must_use]
    pub fn new(client: Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        Self { client, channel_id, secret }
    }
}

#[async_trait]
impl TokenSource for ShortLivedSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        Ok(IssuedToken::from(self.client.issue(&self.channel_id, &self.secret).await?).into())
    }
}

/// One token that was issued elsewhere and does not expire: a long-lived one from the Console. After an invalidation the
/// same one is handed out again, a minute later at the soonest, since there is no other.
#[derive(Clone, Debug)]
pub struct StaticSource {
    token: AccessToken,
}

impl StaticSource {
    /// This token, for ever.
    #[must_use]
    pub fn new(token: AccessToken) -> Self {
        Self { token }
    }
}

#[async_trait]
impl TokenSource for StaticSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        Ok(NewToken::unexpiring(self.token.clone(), Moment { monotonic: Duration::ZERO, unix: Duration::ZERO }))
    }
}
