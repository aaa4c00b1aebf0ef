//! Stateless tokens (v3).

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AssertionSource, ChannelId, ChannelSecret, Client, Error, IssuedToken};

use super::signers::Signers;
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
    Assertion(Signers),
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
        Self { client, credentials: Credentials::Assertion(Signers::new(signer)) }
    }

    /// Tokens for assertions of either signer: see [`JwtSource::with_two_signers`](crate::JwtSource::with_two_signers).
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the two are for different channels.
    pub fn with_two_signers(
        client: Client,
        signer: impl AssertionSource,
        other: impl AssertionSource,
    ) -> Result<Self, Error> {
        Ok(Self { client, credentials: Credentials::Assertion(Signers::new(signer).with_other(other)?) })
    }
}

#[async_trait]
impl TokenSource for StatelessSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        let (token, switch) = match &self.credentials {
            Credentials::Secret(id, secret) => (self.client.issue_stateless(id, secret).await?, None),
            Credentials::Assertion(signers) => {
                let client = &self.client;
                let issue = |assertion| async move { client.issue_stateless_with_jwt(&assertion).await };
                (signers.call(None, issue).await?, signers.take_switch())
            }
        };
        Ok(NewToken::from(IssuedToken::from(token)).with_other_signer(switch))
    }

    fn channel_id(&self) -> Option<&ChannelId> {
        match &self.credentials {
            Credentials::Secret(id, _) => Some(id),
            Credentials::Assertion(signers) => Some(signers.first().channel_id()),
        }
    }

    /// A second: LINE means stateless tokens to be issued freely.
    fn least_interval(&self) -> Duration {
        Duration::from_secs(1)
    }
}
