//! What a cache asks of a source, and what the source returns.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::{Clock, Moment};

use crate::new_token::NewToken;

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
    deadline: Moment,
    clock: &'a dyn Clock,
}

/// Why a token is asked for.
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

impl<'a> IssueRequest<'a> {
    /// A request for this reason that replaces no token, with a deadline a minute from now.
    #[must_use]
    pub fn new(reason: IssueReason, clock: &'a dyn Clock) -> Self {
        Self { reason, replaces: None, deadline: after(clock.now(), Duration::from_secs(60)), clock }
    }

    /// The same for a token that is to be replaced.
    #[must_use]
    pub fn with_replaces(self, token: &'a NewToken) -> Self {
        Self { replaces: Some(token), ..self }
    }

    /// The same with another deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Moment) -> Self {
        Self { deadline, ..self }
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

/// A moment that lies `wait` after `now`, by both clocks.
pub(crate) fn after(now: Moment, wait: Duration) -> Moment {
    Moment { monotonic: now.monotonic.saturating_add(wait), unix: now.unix.saturating_add(wait) }
}

/// What a call for a token comes to.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::Issued;
///
/// // Another process is about to replace the shared token: look again soon.
/// let issued = Issued::Keep { ask_again_in: Duration::from_secs(5) };
/// # let _ = issued;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Issued {
    /// A token that was issued just now; it uses up one of the channel's slots.
    New(NewToken),
    /// A token that others issued; it takes no slot of this cache's budget.
    Adopted(NewToken),
    /// The present token is to be kept for a while, which is no failure. If there is no valid one, it counts as a failure that
    /// passes by itself.
    Keep {
        /// When to ask again, counted from now; at least a second.
        ask_again_in: Duration,
    },
}

impl From<NewToken> for Issued {
    fn from(token: NewToken) -> Self {
        Self::New(token)
    }
}

/// Why a token is no longer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetireReason {
    /// Another token has taken its place.
    Replaced,
    /// A server refused it.
    Refused,
    /// Its channel was removed from the pool.
    Removed,
    /// The cache was shut down, and told to revoke its tokens.
    Shutdown,
}

/// What became of a token that is no longer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retired {
    /// It was revoked, or was gone already: its slot is free.
    Revoked,
    /// It was left to expire.
    LeftToExpire,
}
