//! Stateless tokens (v3).

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AssertionSource, ChannelId, ChannelSecret, Client, Error, IssuedToken};

use super::policy_of;
use super::signers::Signers;
use crate::issue::{IssueRequest, Issued, NewToken};
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::token_family::TokenFamily;

/// LINE means stateless tokens to be issued freely.
pub(super) const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Stateless tokens (v3), for a channel secret or for assertions. They live for 15 minutes, and cannot be revoked or listed.
///
/// ```
/// use line_channel_token_cache::{StatelessSource, TokenCache};
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// # use line_channel_token_mock::MockBackend;
///
/// # fn main() -> Result<(), line_channel_token_core::Error> {
/// # let client = MockBackend::new().client();
/// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let tokens = TokenCache::new(StatelessSource::from_secret(client, id, secret));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StatelessSource {
    client: Client,
    authentication: Authentication,
}

#[derive(Clone, Debug)]
enum Authentication {
    Secret(ChannelId, ChannelSecret),
    Assertion(Signers),
}

impl StatelessSource {
    /// Tokens for a channel secret.
    #[must_use]
    pub fn from_secret(client: Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        Self { client, authentication: Authentication::Secret(channel_id, secret) }
    }

    /// Tokens for assertions.
    ///
    /// ```
    /// use line_channel_token_cache::{StatelessSource, TokenCache};
    /// # use line_channel_token_core::{AssertionKid, ChannelId};
    /// # use line_channel_token_mock::{FakeSigner, MockBackend};
    ///
    /// # fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let client = MockBackend::new().client();
    /// # let signer = FakeSigner::new(ChannelId::new("1234567890")?, AssertionKid::new("kid")?);
    /// let tokens = TokenCache::new(StatelessSource::new(client, signer));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(client: Client, signer: impl AssertionSource) -> Self {
        let signers = Signers::new(signer);
        Self { client, authentication: Authentication::Assertion(signers) }
    }

    /// Tokens for assertions of either signer: see
    /// [`JwtSource::with_fallback_signer`](crate::JwtSource::with_fallback_signer).
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the two are for different channels, and if
    /// this source has a secret instead of a signer.
    pub fn with_fallback_signer(self, other: impl AssertionSource) -> Result<Self, Error> {
        match self.authentication {
            Authentication::Assertion(signers) => {
                let signers = signers.with_fallback(other)?;
                Ok(Self { authentication: Authentication::Assertion(signers), ..self })
            }
            Authentication::Secret(..) => Err(Error::invalid_input(
                "a fallback signer goes with a first signer, and this source has a channel secret",
            )),
        }
    }
}

#[async_trait]
impl TokenSource for StatelessSource {
    fn policy(&self) -> SourcePolicy {
        let channel_id = match &self.authentication {
            Authentication::Secret(id, _) => id,
            Authentication::Assertion(signers) => signers.first().channel_id(),
        };
        policy_of(&self.client, channel_id, TokenFamily::Stateless, None).with_min_interval(MIN_INTERVAL)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let client = &self.client;
        let (token, switch) = match &self.authentication {
            Authentication::Secret(id, secret) => (client.issue_stateless(id, secret).await?, None),
            Authentication::Assertion(signers) => {
                let issue = |assertion| async move { client.issue_stateless_with_jwt(&assertion).await };
                (signers.call(client, None, issue).await?, signers.take_switch())
            }
        };
        Ok(NewToken::from(IssuedToken::from(token)).with_fallback(switch).into())
    }
}
