//! What a cache asks of a source, and what the source returns.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::{AccessToken, AssertionKid, Clock, IssuedToken, JwtToken, Moment, TokenKeyId};

use crate::names::display_as_str;

/// Why a token is asked for, and what it replaces.
///
/// A source around another passes it on as it is. In a test of a source, make one with [`new`](Self::new):
///
/// ```
/// use line_channel_token_cache::{IssueReason, IssueRequest};
/// use line_channel_token_core::SystemClock;
///
/// let request = IssueRequest::new(IssueReason::Cold, &SystemClock);
/// assert!(request.replaces().is_none());
/// ```
#[derive(Clone, Copy)]
pub struct IssueRequest<'a> {
    reason: IssueReason,
    replaces: Option<&'a NewToken>,
    min_remaining: Duration,
    deadline: Moment,
    clock: &'a dyn Clock,
}

/// Why a token is asked for.
///
/// ```
/// use line_channel_token_cache::{IssueReason, IssueRequest};
/// use line_channel_token_core::SystemClock;
///
/// let request = IssueRequest::new(IssueReason::Ahead, &SystemClock);
/// // For a metric's label or a log.
/// assert_eq!(request.reason().as_str(), "ahead");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssueReason {
    /// There is no valid token: none yet, or the last one has expired.
    Cold,
    /// The present token is valid and near the end of its lifetime.
    Ahead,
    /// A server refused the last token.
    Refused,
}

impl IssueReason {
    /// Its name in snake_case: `cold`, `ahead` or `refused`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Ahead => "ahead",
            Self::Refused => "refused",
        }
    }
}

impl<'a> IssueRequest<'a> {
    /// A request for this reason that replaces no token, with a deadline a minute from now.
    #[must_use]
    pub fn new(reason: IssueReason, clock: &'a dyn Clock) -> Self {
        Self {
            reason,
            replaces: None,
            min_remaining: Duration::ZERO,
            deadline: after(clock.now(), Duration::from_secs(60)),
            clock,
        }
    }

    /// The same for a token that is to be replaced.
    #[must_use]
    pub fn with_replaces(self, token: &'a NewToken) -> Self {
        Self { replaces: Some(token), ..self }
    }

    /// The same for a token that is valid for so long yet. A source that shares tokens then replaces one before it is due, but none that has more
    /// than half of its life left; others have no use for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_cache::{IssueReason, IssueRequest};
    /// use line_channel_token_core::SystemClock;
    ///
    /// let hour = Duration::from_secs(3600);
    /// let request = IssueRequest::new(IssueReason::Ahead, &SystemClock).with_min_remaining(hour);
    /// assert_eq!(request.min_remaining(), hour);
    /// ```
    #[must_use]
    pub fn with_min_remaining(self, remaining: Duration) -> Self {
        Self { min_remaining: remaining, ..self }
    }

    /// The same with another deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Moment) -> Self {
        Self { deadline, ..self }
    }

    /// How long the token must be valid yet; zero unless set.
    #[must_use]
    pub fn min_remaining(&self) -> Duration {
        self.min_remaining
    }

    /// Why a token is asked for.
    #[must_use]
    pub fn reason(&self) -> IssueReason {
        self.reason
    }

    /// The token that is to be replaced: the present one, or the one that a server refused.
    #[must_use]
    pub fn replaces(&self) -> Option<&'a NewToken> {
        self.replaces
    }

    /// When the cache gives the call up. What had been sent by then counts as a token that may exist.
    #[must_use]
    pub fn deadline(&self) -> Moment {
        self.deadline
    }

    /// The cache's clock: take [`NewToken::sent_at`](crate::NewToken::sent_at) from it.
    #[must_use]
    pub fn clock(&self) -> &'a dyn Clock {
        self.clock
    }
}

impl fmt::Debug for IssueRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssueRequest")
            .field("reason", &self.reason)
            .field("replaces", &self.replaces)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A moment that lies `delay` after `now`, by both clocks.
pub(crate) fn after(now: Moment, delay: Duration) -> Moment {
    Moment { monotonic: now.monotonic.saturating_add(delay), unix: now.unix.saturating_add(delay) }
}

/// The outcome of a call for a token.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::Issued;
///
/// // Another process is about to replace the shared token: ask again soon.
/// let issued = Issued::Keep { ask_again_in: Duration::from_secs(5) };
/// assert_eq!(issued.as_str(), "keep");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Issued {
    /// A token that was issued just now; it uses up one of the channel's slots.
    New(NewToken),
    /// A token that others issued; it takes no slot of this cache's budget. It is not retired when it is replaced or the cache
    /// is shut down, because others use it; if a server refuses it or its channel is removed, the source's [`retire`](crate::TokenSource::retire) is called.
    Adopted(NewToken),
    /// The present token is to be kept for a while, which is no failure. If there is no valid one, it counts as a
    /// transient failure.
    Keep {
        /// When to ask again, counted from now: at least a second, and no later than the present token's end.
        ask_again_in: Duration,
    },
}

impl Issued {
    /// Its name in snake_case: `new`, `adopted` or `keep`; also what `Display` writes. It shows nothing of the token.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Adopted(_) => "adopted",
            Self::Keep { .. } => "keep",
        }
    }
}

impl From<NewToken> for Issued {
    fn from(token: NewToken) -> Self {
        Self::New(token)
    }
}

/// Why a token is no longer needed.
///
/// ```
/// use line_channel_token_cache::{
///     IssueRequest, Issued, NewToken, RetireReason, Retired, TokenSource, async_trait,
/// };
/// use line_channel_token_core::Error;
///
/// /// Leaves replaced tokens to expire, and revokes all others.
/// #[derive(Debug)]
/// struct Source;
///
/// #[async_trait]
/// impl TokenSource for Source {
///     async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
///         if reason == RetireReason::Replaced {
///             return Ok(Retired::LeftToExpire);
///         }
///         println!("revoking a token that is no longer needed: {reason}");
/// #       let _ = token;
///         // ...
///         Ok(Retired::Revoked)
///     }
///
///     async fn issue(&self, _: IssueRequest<'_>) -> Result<Issued, Error> {
///         // ...
/// #       Err(Error::transient("not shown here"))
///     }
/// }
/// # assert_eq!(RetireReason::Replaced.as_str(), "replaced");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetireReason {
    /// Another token has replaced it.
    Replaced,
    /// A server refused it.
    Refused,
    /// Its channel was removed from the pool.
    Removed,
    /// The cache was shut down, and told to revoke its tokens.
    Shutdown,
}

impl RetireReason {
    /// Its name in snake_case: `replaced`, `refused`, `removed` or `shutdown`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Refused => "refused",
            Self::Removed => "removed",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What became of a token that is no longer needed.
///
/// ```
/// use line_channel_token_cache::{NewToken, RetireReason, Retired, ShortLivedSource, TokenSource};
/// use line_channel_token_core::{AccessToken, ChannelId, ChannelSecret, Clock, Operation, SystemClock};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let line = MockBackend::new();
/// line.given(Operation::Revoke).respond(Reply::revoked());
/// let source = ShortLivedSource::new(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let token = NewToken::non_expiring(AccessToken::new("the-token")?, SystemClock.now());
///
/// let retired = source.retire(&token, RetireReason::Removed).await?;
/// assert_eq!(retired, Retired::Revoked);
/// assert_eq!(retired.to_string(), "revoked");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retired {
    /// It was revoked, or did not exist any more: its slot is free.
    Revoked,
    /// It was left to expire.
    LeftToExpire,
}

impl Retired {
    /// Its name in snake_case: `revoked` or `left_to_expire`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::LeftToExpire => "left_to_expire",
        }
    }
}

display_as_str!(IssueReason, Issued, RetireReason, Retired);

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
    pub(crate) is_adopted: bool,
    pub(crate) refresh_in: Option<Duration>,
    pub(crate) fallback: Option<FallbackSigner>,
}

/// An assertion key was unknown to LINE, and the fallback was used.
#[derive(Clone, Debug)]
pub(crate) struct FallbackSigner {
    /// The kid that LINE does not know, if the signer knows it.
    pub(crate) rejected: Option<AssertionKid>,
    /// The kid of the key that was used, if the signer knows it.
    pub(crate) used: Option<AssertionKid>,
}

impl NewToken {
    /// A token of this lifetime, counted from when its issue request was sent: read
    /// [`IssueRequest::clock`](crate::IssueRequest::clock) before sending.
    #[must_use]
    pub fn new(access_token: AccessToken, sent_at: Moment, lifetime: Duration) -> Self {
        Self {
            access_token,
            key_id: None,
            sent_at,
            lifetime: Some(lifetime),
            is_adopted: false,
            refresh_in: None,
            fallback: None,
        }
    }

    /// A token that was issued earlier, elsewhere perhaps, and is known at `now` to be valid for `remaining` longer.
    #[must_use]
    pub fn from_remaining(access_token: AccessToken, now: Moment, remaining: Duration) -> Self {
        Self::new(access_token, now, remaining)
    }

    /// A token that does not expire.
    #[must_use]
    pub fn non_expiring(access_token: AccessToken, sent_at: Moment) -> Self {
        Self {
            access_token,
            key_id: None,
            sent_at,
            lifetime: None,
            is_adopted: false,
            refresh_in: None,
            fallback: None,
        }
    }

    /// The same with the key id of a v2.1 token.
    #[must_use]
    pub fn with_key_id(self, key_id: TokenKeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
    }

    /// The same with the time at which the next one should be asked for, counted from [`sent_at`](Self::sent_at), in place of 75 to 85 %
    /// of the lifetime: for a token whose lifetime began earlier, or one that is to be compared with others soon. It has no
    /// effect on a token that does not expire.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_cache::NewToken;
    /// use line_channel_token_core::{AccessToken, Clock, SystemClock};
    ///
    /// // Half of its 30 days are over, and others replace it after 24.
    /// let day = Duration::from_secs(86_400);
    /// let token = NewToken::from_remaining(AccessToken::new("the-token")?, SystemClock.now(), 15 * day)
    ///     .with_refresh_in(9 * day);
    /// assert_eq!(token.refresh_in(), Some(9 * day));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_refresh_in(self, refresh_in: Duration) -> Self {
        Self { refresh_in: Some(refresh_in), ..self }
    }

    pub(crate) fn with_fallback(self, fallback: Option<FallbackSigner>) -> Self {
        Self { fallback, ..self }
    }

    /// Whether others issued it ([`Issued::Adopted`]) and may still use it. A source can ask this when it
    /// [retires](crate::TokenSource::retire) a token.
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.is_adopted
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

    /// When the next one should be asked for, counted from [`sent_at`](Self::sent_at), if the source says so.
    #[must_use]
    pub fn refresh_in(&self) -> Option<Duration> {
        self.refresh_in
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
