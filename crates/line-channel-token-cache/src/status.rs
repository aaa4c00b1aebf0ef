//! What a cache has at the moment.

use std::time::Duration;

use line_channel_token_core::Error;

use crate::names::display_as_str;

/// How fresh the token in a cache is.
///
/// ```
/// use line_channel_token_cache::{CacheState, StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// assert_eq!(tokens.status().state, CacheState::Empty);
/// tokens.warm_up().await?;
/// let state = tokens.status().state;
/// assert!(state.is_valid());
/// assert_eq!(state.to_string(), "fresh");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheState {
    /// There is none: none yet, or the last one was invalidated.
    Empty,
    /// It is served, and nothing else is done.
    Fresh,
    /// It is served, and a new one is fetched in the background.
    Advisory,
    /// It is close to expiry: callers wait a little for a new one.
    Mandatory,
    /// It is not served any more.
    Expired,
}

impl CacheState {
    /// Whether there is a token that is served.
    #[must_use]
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Fresh | Self::Advisory | Self::Mandatory)
    }

    /// Its name in snake_case, such as `fresh`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Fresh => "fresh",
            Self::Advisory => "advisory",
            Self::Mandatory => "mandatory",
            Self::Expired => "expired",
        }
    }
}

display_as_str!(CacheState);

/// What a cache has at the moment.
///
/// ```
/// # use line_channel_token_cache::{StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// assert!(!tokens.status().is_ready(), "making a cache issues nothing");
/// tokens.warm_up().await?;
/// assert!(tokens.status().is_ready());
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` it serializes to its fields, `is_ready` among them. Durations are seconds with a fraction, and their
/// names say so: `remaining_secs` (`null` if the token does not expire) and `retry_in_secs`. An error is a map of its
/// `kind`, `message`, `operation` and whatever else is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheStatus {
    /// How fresh the token is.
    pub state: CacheState,
    /// The lifetime that it surely has left; zero if there is none, and `Duration::MAX` if it does not expire.
    pub remaining: Duration,
    /// Whether a new one is being fetched.
    pub in_flight: bool,
    /// The last failure, if the last call failed.
    pub last_error: Option<Error>,
    /// How long it is until the source may be asked again; zero if it may be now.
    pub retry_in: Duration,
    /// How many tokens count towards the [budget](crate::IssueBudget): those that were issued, and those that may have
    /// been because a response was lost. 0 if the source has no budget.
    pub slots_used: usize,
    /// How many tokens wait to be revoked.
    pub pending_revocations: usize,
    pub(crate) is_ready: bool,
}

impl CacheStatus {
    /// Whether requests can be served: there is a valid token; or there was one, it has expired while nobody asked or was
    /// refused, and nothing has failed since, so that the next request gets one. Without a valid token it is false before the first
    /// one, after a failure, while a call takes more than five seconds, and after a shutdown. Report it to a readiness probe, and call
    /// [`TokenCache::warm_up`](crate::TokenCache::warm_up) at the start: then the cache makes further attempts, although a service
    /// that is not ready gets no requests.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }
}
