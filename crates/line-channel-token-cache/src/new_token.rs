//! A token as a source returns it.

use std::time::Duration;

use line_channel_token_core::{AccessToken, AssertionKid, IssuedToken, JwtToken, Moment, TokenKeyId};

/// A token as a source returns it.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::NewToken;
/// use line_channel_token_core::{AccessToken, Clock, SystemClock};
///
/// let sent_at = SystemClock.now(); // before the request is sent, by the cache's clock
/// let token = NewToken::new(AccessToken::new("the-token")?, sent_at, Duration::from_secs(900));
/// assert_eq!(token.lifetime(), Some(Duration::from_secs(900)));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NewToken {
    pub(crate) access_token: AccessToken,
    pub(crate) key_id: Option<TokenKeyId>,
    pub(crate) sent_at: Moment,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) fallback: Option<FallbackSigner>,
}

/// An assertion key was unknown to LINE, and the fallback was used.
#[derive(Clone, Debug)]
pub(crate) struct FallbackSigner {
    /// The kid that LINE does not know, if the signer tells it.
    pub(crate) rejected: Option<AssertionKid>,
    /// The kid of the key that was used, if the signer tells it.
    pub(crate) used: Option<AssertionKid>,
}

impl NewToken {
    /// A token of this lifetime, counted from when its issue request was sent: read
    /// [`IssueRequest::clock`](crate::IssueRequest::clock) before sending.
    #[must_use]
    pub fn new(access_token: AccessToken, sent_at: Moment, lifetime: Duration) -> Self {
        Self { access_token, key_id: None, sent_at, lifetime: Some(lifetime), fallback: None }
    }

    /// A token that was issued earlier, elsewhere perhaps, and is known at `now` to be valid for `remaining` longer.
    #[must_use]
    pub fn from_remaining(access_token: AccessToken, now: Moment, remaining: Duration) -> Self {
        Self::new(access_token, now, remaining)
    }

    /// A token that does not expire.
    #[must_use]
    pub fn non_expiring(access_token: AccessToken, sent_at: Moment) -> Self {
        Self { access_token, key_id: None, sent_at, lifetime: None, fallback: None }
    }

    /// The same with the key id of a v2.1 token.
    #[must_use]
    pub fn with_key_id(self, key_id: TokenKeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
    }

    pub(crate) fn with_fallback(self, fallback: Option<FallbackSigner>) -> Self {
        Self { fallback, ..self }
    }

    /// The token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The key id of a v2.1 token.
    #[must_use]
    pub fn key_id(&self) -> Option<&TokenKeyId> {
        self.key_id.as_ref()
    }

    /// When its issue request was sent.
    #[must_use]
    pub fn sent_at(&self) -> Moment {
        self.sent_at
    }

    /// Its lifetime, counted from [`sent_at`](Self::sent_at); `None` if it does not expire.
    #[must_use]
    pub fn lifetime(&self) -> Option<Duration> {
        self.lifetime
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
