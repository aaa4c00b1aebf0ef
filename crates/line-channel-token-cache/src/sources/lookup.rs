//! Tokens for credentials that are looked up at each call.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{
    AssertionSource, ChannelId, ChannelSecret, Client, Error, IssuedToken, TokenKeyId, TokenLifetime,
};

use super::short_lived::standard_budget;
use super::signers::assertion;
use super::stateless::MIN_INTERVAL;
use super::{is_to_be_revoked, policy_of};
use crate::budget::IssueBudget;
use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::policy::SourcePolicy;
use crate::source::{TokenSource, catch_panic};
use crate::token_family::TokenFamily;

/// The credentials of a channel, as a lookup returns them: a secret, a signer, or both.
///
/// ```
/// use line_channel_token_cache::Credentials;
/// use line_channel_token_core::ChannelSecret;
///
/// let credentials = Credentials::from_secret(ChannelSecret::new("s3cret")?);
/// assert!(!format!("{credentials:?}").contains("s3cret"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    secret: Option<ChannelSecret>,
    signer: Option<Arc<dyn AssertionSource>>,
}

impl Credentials {
    /// A channel secret.
    #[must_use]
    pub fn from_secret(secret: ChannelSecret) -> Self {
        Self { secret: Some(secret), signer: None }
    }

    /// A signer of assertions.
    #[must_use]
    pub fn from_signer(signer: impl AssertionSource) -> Self {
        Self { secret: None, signer: Some(Arc::new(signer)) }
    }

    /// The same with a channel secret: LINE asks for it to revoke a v2.1 token.
    #[must_use]
    pub fn with_secret(self, secret: ChannelSecret) -> Self {
        Self { secret: Some(secret), ..self }
    }
}

impl From<ChannelSecret> for Credentials {
    fn from(secret: ChannelSecret) -> Self {
        Self::from_secret(secret)
    }
}

/// Tokens for credentials that are looked up at each call: in a database, in a vault.
///
/// The lookup is asked for each issue, each revocation and each listing, so credentials that change are picked up by the next
/// call; [`TokenPool::reload_source`](crate::TokenPool::reload_source) makes that call due at once. A lookup that is
/// unavailable at the moment returns [`Error::transient`]. The policy is fixed when the source is made.
///
/// ```
/// use line_channel_token_cache::{LookupSource, TokenPool};
/// use line_channel_token_core::{ChannelId, ChannelSecret, Error, Operation};
/// # use line_channel_token_mock::{MockBackend, Reply};
/// # #[derive(Clone)] struct Vault;
/// # impl Vault { async fn secret(&self, _: &ChannelId) -> Result<String, ()> { Ok("s3cret".to_owned()) } }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// # let (client, vault) = (line.client(), Vault);
/// let lookup = move |channel: ChannelId| {
///     let vault = vault.clone();
///     async move {
///         let secret = vault.secret(&channel).await.map_err(|_| Error::transient("the vault is sealed"))?;
///         ChannelSecret::new(secret)
///     }
/// };
/// let pool = TokenPool::builder(move |channel| {
///     Ok(LookupSource::stateless(client.clone(), channel.clone(), lookup.clone()))
/// })
/// .clock(line.client().clock())
/// .build();
/// assert_eq!(pool.token(&ChannelId::new("1234567890")?).await?.header_value(), "Bearer the-token");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LookupSource<L> {
    client: Client,
    channel_id: ChannelId,
    family: Family,
    lookup: L,
    budget: Option<IssueBudget>,
    grace: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum Family {
    Stateless,
    ShortLived,
    Jwt(TokenLifetime),
}

impl Family {
    fn name(self) -> TokenFamily {
        match self {
            Self::Stateless => TokenFamily::Stateless,
            Self::ShortLived => TokenFamily::ShortLived,
            Self::Jwt(_) => TokenFamily::Jwt,
        }
    }
}

impl<L> LookupSource<L> {
    /// Stateless tokens (v3), for a secret or a signer: the signer is used if there are both.
    #[must_use]
    pub fn stateless(client: Client, channel_id: ChannelId, lookup: L) -> Self {
        Self { client, channel_id, family: Family::Stateless, lookup, budget: None, grace: None }
    }

    /// Short-lived tokens (v2), for a secret.
    #[must_use]
    pub fn short_lived(client: Client, channel_id: ChannelId, lookup: L) -> Self {
        let budget = Some(standard_budget());
        Self { client, channel_id, family: Family::ShortLived, lookup, budget, grace: None }
    }

    /// v2.1 tokens of this lifetime, for a signer; with a secret beside it they can be revoked.
    ///
    /// ```
    /// use line_channel_token_cache::{Credentials, LookupSource, TokenCache};
    /// use line_channel_token_core::{ChannelSecret, Error, TokenLifetime};
    /// # use line_channel_token_core::{AssertionKid, ChannelId};
    /// # use line_channel_token_mock::{FakeSigner, MockBackend};
    ///
    /// # fn main() -> Result<(), Error> {
    /// # let client = MockBackend::new().client();
    /// # let id = ChannelId::new("1234567890")?;
    /// # let read_signer = |id| Ok::<_, Error>(FakeSigner::new(id, AssertionKid::new("kid")?));
    /// let source = LookupSource::jwt(client, id, TokenLifetime::from_days(30)?, move |id| async move {
    ///     let signer = read_signer(id)?;
    ///     Ok(Credentials::from_signer(signer).with_secret(ChannelSecret::new("s3cret")?))
    /// });
    /// let tokens = TokenCache::new(source.with_budget(4)?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn jwt(client: Client, channel_id: ChannelId, lifetime: TokenLifetime, lookup: L) -> Self {
        let budget = Some(IssueBudget::standard(lifetime.as_duration()));
        Self { client, channel_id, family: Family::Jwt(lifetime), lookup, budget, grace: None }
    }

    /// Revokes each token when the next one has been there for `grace`. Stateless tokens cannot be revoked, and are left to
    /// expire.
    #[must_use]
    pub fn revoke_previous_after(self, grace: Duration) -> Self {
        match self.family {
            Family::Stateless => self,
            _ => Self { grace: Some(grace), ..self },
        }
    }

    /// How many of the channel's 30 slots the cache may use instead of [`IssueBudget::DEFAULT_SLOTS`]. Stateless tokens use
    /// none.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30.
    pub fn with_budget(self, slots: usize) -> Result<Self, Error> {
        let lifetime = self.budget.map_or(Duration::ZERO, IssueBudget::lifetime);
        let budget = IssueBudget::new(slots, lifetime)?;
        Ok(Self { budget: self.budget.map(|_| budget), ..self })
    }
}

impl<L, F, C> LookupSource<L>
where
    L: Fn(ChannelId) -> F + Send + Sync + 'static,
    F: Future<Output = Result<C, Error>> + Send + 'static,
    C: Into<Credentials> + Send + 'static,
{
    async fn credentials(&self) -> Result<Credentials, Error> {
        let lookup = async { (self.lookup)(self.channel_id.clone()).await.map(Into::into) };
        // Nothing was sent yet.
        catch_panic(lookup, || Error::token_unavailable("the lookup of the credentials panicked")).await
    }

    fn signer<'a>(&self, credentials: &'a Credentials) -> Result<&'a dyn AssertionSource, Error> {
        let channel_id = &self.channel_id;
        let Some(signer) = credentials.signer.as_deref() else {
            return Err(Error::invalid_input(format!(
                "the lookup returned no signer for channel {channel_id}, and v2.1 tokens need one"
            )));
        };
        if signer.channel_id() != channel_id {
            let other = signer.channel_id();
            return Err(Error::invalid_input(format!(
                "the lookup for channel {channel_id} returned a signer of channel {other}"
            )));
        }
        Ok(signer)
    }

    fn secret<'a>(&self, credentials: &'a Credentials) -> Result<&'a ChannelSecret, Error> {
        credentials.secret.as_ref().ok_or_else(|| {
            Error::invalid_input(format!("the lookup returned no channel secret for channel {}", self.channel_id))
        })
    }
}

#[async_trait]
impl<L, F, C> TokenSource for LookupSource<L>
where
    L: Fn(ChannelId) -> F + Send + Sync + 'static,
    F: Future<Output = Result<C, Error>> + Send + 'static,
    C: Into<Credentials> + Send + 'static,
{
    fn policy(&self) -> SourcePolicy {
        let mut policy = policy_of(&self.client, &self.channel_id, self.family.name(), self.grace);
        if matches!(self.family, Family::Stateless) {
            policy = policy.with_min_interval(MIN_INTERVAL);
        }
        if let Some(budget) = self.budget {
            policy = policy.with_budget(budget);
        }
        policy
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let credentials = self.credentials().await?;
        let token = match self.family {
            Family::Stateless if credentials.signer.is_some() => {
                let assertion = assertion(self.signer(&credentials)?, &self.client, None).await?;
                IssuedToken::from(self.client.issue_stateless_with_jwt(&assertion).await?).into()
            }
            Family::Stateless => {
                let secret = self.secret(&credentials)?;
                IssuedToken::from(self.client.issue_stateless(&self.channel_id, secret).await?).into()
            }
            Family::ShortLived => {
                let secret = self.secret(&credentials)?;
                IssuedToken::from(self.client.issue(&self.channel_id, secret).await?).into()
            }
            Family::Jwt(lifetime) => {
                let assertion = assertion(self.signer(&credentials)?, &self.client, Some(lifetime)).await?;
                NewToken::from(self.client.issue_jwt(&assertion).await?)
            }
        };
        Ok(token.into())
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        match self.family {
            Family::Stateless => return Ok(Retired::LeftToExpire),
            _ if !is_to_be_revoked(reason, self.grace) => return Ok(Retired::LeftToExpire),
            Family::ShortLived => self.client.revoke(token.access_token()).await?,
            Family::Jwt(_) => {
                let credentials = self.credentials().await?;
                let Some(secret) = &credentials.secret else { return Ok(Retired::LeftToExpire) };
                self.client.revoke_jwt(&self.channel_id, secret, token.access_token()).await?
            }
        };
        Ok(Retired::Revoked)
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        if !matches!(self.family, Family::Jwt(_)) {
            return Ok(None);
        }
        let credentials = self.credentials().await?;
        let assertion = assertion(self.signer(&credentials)?, &self.client, None).await?;
        Ok(Some(self.client.key_ids(&assertion).await?.as_slice().to_vec()))
    }
}

impl<L> fmt::Debug for LookupSource<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupSource")
            .field("channel_id", &self.channel_id)
            .field("family", &self.family)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
