//! Where tokens come from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AccessToken, Error, IssuedToken, JwtToken, Moment, TokenKeyId};

/// Issues tokens for one channel. Implement it for whatever is not among the sources of this crate.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// Issues a token. The cache calls this for one flight at a time, and waits for as long as it takes: bound whatever may
    /// hang, a call to a KMS for example. The calls of [`Client`](line_channel_token_core::Client) are bounded.
    ///
    /// # Errors
    ///
    /// Whatever kept it from issuing one. The cache tries again later, whatever the kind.
    async fn issue(&self) -> Result<NewToken, Error>;

    /// The least time between two issues, whatever life the server gives a token. LINE limits how many v2 and v2.1 tokens
    /// a channel may have and asks not to issue them per call, so their sources leave a minute. Only after an invalidation is one issued sooner.
    fn least_interval(&self) -> Duration {
        Duration::from_secs(60)
    }
}

#[async_trait]
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    async fn issue(&self) -> Result<NewToken, Error> {
        (**self).issue().await
    }

    fn least_interval(&self) -> Duration {
        (**self).least_interval()
    }
}

/// A token that a source has just issued.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub(crate) access_token: AccessToken,
    pub(crate) key_id: Option<TokenKeyId>,
    pub(crate) sent_at: Moment,
    pub(crate) expires_in: Option<Duration>,
}

impl NewToken {
    /// A token that lives so long, counted from when its issue was asked for.
    #[must_use]
    pub fn new(access_token: AccessToken, sent_at: Moment, expires_in: Duration) -> Self {
        Self { access_token, key_id: None, sent_at, expires_in: Some(expires_in) }
    }

    /// A token that does not expire.
    #[must_use]
    pub fn unexpiring(access_token: AccessToken, sent_at: Moment) -> Self {
        Self { access_token, key_id: None, sent_at, expires_in: None }
    }

    /// The same with the key id of a v2.1 token.
    #[must_use]
    pub fn with_key_id(self, key_id: TokenKeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
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
