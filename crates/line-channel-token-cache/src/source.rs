//! Where tokens come from.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_core::{AccessToken, AssertionKid, ChannelId, Error, IssuedToken, JwtToken, Moment, TokenKeyId};

use crate::IssueBudget;

/// Issues tokens for one channel. Implement it for whatever is not among the sources of this crate: only `issue` has to be
/// written. What a cache must keep to, [`least_interval`](Self::least_interval), [`budget`](Self::budget) and
/// [`revokes_after`](Self::revokes_after), is read once, when the cache is made.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// Issues a token. The cache calls this for one flight at a time, and waits for as long as it takes: bound whatever may
    /// hang, a call to a KMS for example. The calls of [`Client`](line_channel_token_core::Client) are bounded.
    ///
    /// # Errors
    ///
    /// Whatever kept it from issuing one. The cache tries again later, whatever the kind. Where a token may have been issued
    /// although no answer came, pass on the error of the client's call, or make one of kind
    /// [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable): both are charged to the budget.
    async fn issue(&self) -> Result<NewToken, Error>;

    /// The channel that the tokens are for, to be named in what a cache reports.
    fn channel_id(&self) -> Option<&ChannelId> {
        None
    }

    /// The least time between two issues, whatever life the server gives a token. LINE limits how many v2 and v2.1 tokens
    /// a channel may have and asks not to issue them per call, so their sources leave a minute. Only after an invalidation is one issued sooner.
    fn least_interval(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// How many tokens may be valid at a time; `None` where they are not limited.
    fn budget(&self) -> Option<IssueBudget> {
        None
    }

    /// How long after its successor has come a token is [revoked](Self::revoke); `None` where it is left to expire.
    fn revokes_after(&self) -> Option<Duration> {
        None
    }

    /// Revokes a token of this source. It is called only where [`revokes_after`](Self::revokes_after) gives a time.
    ///
    /// # Errors
    ///
    /// Whatever kept it from revoking the token. The cache tries again later.
    async fn revoke(&self, _token: &AccessToken) -> Result<(), Error> {
        Err(Error::invalid_input("this source of tokens does not revoke them"))
    }

    /// The key ids of all valid tokens of the channel, as the server has them.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the tokens have no key ids, as only
    /// v2.1 tokens have; and whatever keeps it from asking.
    async fn key_ids(&self) -> Result<Vec<TokenKeyId>, Error> {
        Err(Error::invalid_input("these tokens have no key ids: only v2.1 tokens can be listed"))
    }
}

#[async_trait]
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    async fn issue(&self) -> Result<NewToken, Error> {
        (**self).issue().await
    }

    fn channel_id(&self) -> Option<&ChannelId> {
        (**self).channel_id()
    }

    fn least_interval(&self) -> Duration {
        (**self).least_interval()
    }

    fn budget(&self) -> Option<IssueBudget> {
        (**self).budget()
    }

    fn revokes_after(&self) -> Option<Duration> {
        (**self).revokes_after()
    }

    async fn revoke(&self, token: &AccessToken) -> Result<(), Error> {
        (**self).revoke(token).await
    }

    async fn key_ids(&self) -> Result<Vec<TokenKeyId>, Error> {
        (**self).key_ids().await
    }
}

/// What a call to a source comes to; a panic of it is an error.
pub(crate) async fn caught<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let outcome = AssertUnwindSafe(call).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(Error::token_unavailable("the token source panicked")))
}

/// A token that a source has just issued.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub(crate) access_token: AccessToken,
    pub(crate) key_id: Option<TokenKeyId>,
    pub(crate) sent_at: Moment,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) other_signer: Option<OtherSigner>,
}

/// An assertion key was unknown to LINE, and the other one was used.
#[derive(Clone, Debug)]
pub(crate) struct OtherSigner {
    /// The kid that LINE does not know, where the signer tells it.
    pub(crate) refused: Option<AssertionKid>,
    /// The kid of the key that served, where the signer tells it.
    pub(crate) used: Option<AssertionKid>,
}

impl NewToken {
    /// A token that lives so long, counted from when its issue was asked for.
    #[must_use]
    pub fn new(access_token: AccessToken, sent_at: Moment, expires_in: Duration) -> Self {
        Self { access_token, key_id: None, sent_at, expires_in: Some(expires_in), other_signer: None }
    }

    /// A token that does not expire.
    #[must_use]
    pub fn unexpiring(access_token: AccessToken, sent_at: Moment) -> Self {
        Self { access_token, key_id: None, sent_at, expires_in: None, other_signer: None }
    }

    /// The same with the key id of a v2.1 token.
    #[must_use]
    pub fn with_key_id(self, key_id: TokenKeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
    }

    pub(crate) fn with_other_signer(self, other_signer: Option<OtherSigner>) -> Self {
        Self { other_signer, ..self }
    }
}

impl From<IssuedToken> for NewToken {
    fn from(token: IssuedToken) -> Self {
        Self::new(token.access_token().clone(), token.sent_at(), token.expires_in())
    }
}

impl From<JwtToken> for NewToken {
    fn from(token: JwtToken) -> Self {
        let key_id = token.key_id().clone();
        Self::from(IssuedToken::from(token)).with_key_id(key_id)
    }
}
