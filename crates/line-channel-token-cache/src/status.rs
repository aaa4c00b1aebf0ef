//! What a cache has at the moment.

use std::time::Duration;

use line_channel_token_core::Error;

/// How fresh the token in a cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheState {
    /// There is none: none yet, or the last one was invalidated.
    Empty,
    /// It is served, and nothing else is done.
    Fresh,
    /// It is served, and a new one is fetched in the background.
    Advisory,
    /// It is close to expiry: callers wait for a new one.
    Mandatory,
    /// It is not served any more.
    Expired,
}

/// What a cache has at the moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheStatus {
    /// How fresh the token is.
    pub state: CacheState,
    /// The life that it surely has left; zero where there is none, and `Duration::MAX` where it does not expire.
    pub remaining: Duration,
    /// Whether a new one is being fetched.
    pub in_flight: bool,
    /// The failure of the last try, where it failed.
    pub last_error: Option<Error>,
    /// How long it is until the source may be asked again; zero where it may be now.
    pub next_try_in: Duration,
    /// How many tokens count towards the [budget](crate::IssueBudget): those that were issued, and those that may have
    /// been where the answer was lost. 0 where the source has no budget.
    pub places_taken: usize,
    /// How many tokens wait to be revoked.
    pub to_revoke: usize,
}
