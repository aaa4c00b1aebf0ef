//! What a source demands of the cache around it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{BaseUrl, ChannelId, Clock};

use crate::budget::IssueBudget;
use crate::decide::Span;
use crate::token_family::TokenFamily;

/// What a source demands of the cache around it: one value, so that a source around another passes it on as it is.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::SourcePolicy;
/// use line_channel_token_core::ChannelId;
///
/// let policy = SourcePolicy::new()
///     .with_channel_id(ChannelId::new("1234567890")?)
///     .with_min_interval(Duration::from_secs(1));
/// assert_eq!(policy.min_interval(), Duration::from_secs(1));
/// assert!(policy.budget().is_none());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct SourcePolicy {
    channel_id: Option<ChannelId>,
    clock: Option<Arc<dyn Clock>>,
    family: Option<TokenFamily>,
    server: Option<BaseUrl>,
    limits: IssueLimits,
}

/// The part of a policy that a cache keeps. It is small, because a pool has one for each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IssueLimits {
    min_interval: Span,
    budget: Option<IssueBudget>,
    revoke_previous_after: Option<Span>,
}

impl SourcePolicy {
    /// At least a minute between two issues, no budget, and previous tokens are left to expire.
    #[must_use]
    pub fn new() -> Self {
        let min_interval = Duration::from_secs(60).into();
        let limits = IssueLimits { min_interval, budget: None, revoke_previous_after: None };
        Self { channel_id: None, clock: None, family: None, server: None, limits }
    }

    /// The channel that the tokens are for: it is named in events and traces, and a pool checks it.
    #[must_use]
    pub fn with_channel_id(self, channel_id: ChannelId) -> Self {
        Self { channel_id: Some(channel_id), ..self }
    }

    /// The clock that the tokens' moments are of, such as the one of the source's client. A cache that is given no
    /// [clock](crate::TokenCacheBuilder::clock) by its builder uses this one, so the two cannot differ. A pool does not: it has a
    /// clock before it has a source.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use line_channel_token_cache::SourcePolicy;
    /// use line_channel_token_core::SystemClock;
    ///
    /// let policy = SourcePolicy::new().with_clock(Arc::new(SystemClock));
    /// assert!(policy.clock().is_some());
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The family of the tokens: those of one channel and family are shared by all processes with one
    /// [store](crate::SharedSource).
    #[must_use]
    pub fn with_family(self, family: TokenFamily) -> Self {
        Self { family: Some(family), ..self }
    }

    /// The server that issues the tokens, if it is not LINE: a store keeps tokens of different servers apart.
    #[must_use]
    pub fn with_server(self, server: BaseUrl) -> Self {
        Self { server: Some(server), ..self }
    }

    /// The minimum time between two issues, whatever lifetime the server gives a token. LINE asks not to issue v2 and v2.1
    /// tokens per call, so their sources leave a minute. After an invalidation one token is issued sooner.
    ///
    /// Tokens that live less than twice the interval are served without a gap all the same: without a budget, half of the last
    /// token's lifetime is enough (a second at least, so that tokens of less than two seconds leave gaps); with one, half of the [budget's lifetime](IssueBudget::lifetime). With a budget, the interval doubles while tokens are
    /// refused one after the other, up to ten minutes.
    #[must_use]
    pub fn with_min_interval(self, min_interval: Duration) -> Self {
        Self { limits: IssueLimits { min_interval: min_interval.into(), ..self.limits }, ..self }
    }

    /// How many tokens may be valid at a time.
    #[must_use]
    pub fn with_budget(self, budget: IssueBudget) -> Self {
        Self { limits: IssueLimits { budget: Some(budget), ..self.limits }, ..self }
    }

    /// Retires each token once the next one has been there for `grace`: time enough for requests that are in flight with the
    /// previous one. Without this, previous tokens are left to expire; those that others issued are left to them in any case.
    #[must_use]
    pub fn with_revoke_previous_after(self, grace: Duration) -> Self {
        Self { limits: IssueLimits { revoke_previous_after: Some(grace.into()), ..self.limits }, ..self }
    }

    /// The channel that the tokens are for.
    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.channel_id.as_ref()
    }

    /// The clock that the tokens' moments are of; `None` if the source leaves it to the cache.
    #[must_use]
    pub fn clock(&self) -> Option<&Arc<dyn Clock>> {
        self.clock.as_ref()
    }

    /// The family of the tokens; `None` if the source does not say.
    #[must_use]
    pub fn family(&self) -> Option<TokenFamily> {
        self.family
    }

    /// The server that issues the tokens; `None` if it is LINE.
    #[must_use]
    pub fn server(&self) -> Option<&BaseUrl> {
        self.server.as_ref()
    }

    /// The minimum time between two issues.
    #[must_use]
    pub fn min_interval(&self) -> Duration {
        self.limits.min_interval()
    }

    /// How many tokens may be valid at a time; `None` if they are not limited.
    #[must_use]
    pub fn budget(&self) -> Option<IssueBudget> {
        self.limits.budget
    }

    /// How long after the next one has come a token is retired; `None` if it is left to expire.
    #[must_use]
    pub fn revoke_previous_after(&self) -> Option<Duration> {
        self.limits.revoke_previous_after()
    }

    /// The same for one of many processes that share their tokens: without a budget, which holds for all of them together.
    pub(crate) fn for_sharing(self, min_interval: Duration, grace: Duration) -> Self {
        let limits =
            IssueLimits { min_interval: min_interval.into(), budget: None, revoke_previous_after: Some(grace.into()) };
        Self { limits, ..self }
    }

    pub(crate) fn limits(&self) -> IssueLimits {
        self.limits
    }
}

impl Default for SourcePolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl SourcePolicy {
    /// Whether the source's clock, if it has one, tells the time of this one, give or take a second.
    pub(crate) fn is_on(&self, clock: &dyn Clock) -> bool {
        let Some(own) = &self.clock else { return true };
        if std::ptr::addr_eq(Arc::as_ptr(own), clock) {
            return true;
        }
        // Read before and after, because any time may pass between two readings.
        let before = clock.now();
        let moment = own.now();
        let after = clock.now();
        let lies_between = |before: Duration, moment: Duration, after: Duration| {
            let second = Duration::from_secs(1);
            before.saturating_sub(second) <= moment && moment <= after.saturating_add(second)
        };
        lies_between(before.monotonic, moment.monotonic, after.monotonic)
            && lies_between(before.unix, moment.unix, after.unix)
    }
}

/// Two clocks are equal if they are one.
impl PartialEq for SourcePolicy {
    fn eq(&self, other: &Self) -> bool {
        let is_same_clock = match (&self.clock, &other.clock) {
            (Some(clock), Some(other)) => std::ptr::addr_eq(Arc::as_ptr(clock), Arc::as_ptr(other)),
            (clock, other) => clock.is_none() && other.is_none(),
        };
        is_same_clock
            && self.channel_id == other.channel_id
            && self.family == other.family
            && self.server == other.server
            && self.limits == other.limits
    }
}

impl Eq for SourcePolicy {}

impl fmt::Debug for SourcePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourcePolicy")
            .field("channel_id", &self.channel_id)
            .field("clock", &self.clock)
            .field("family", &self.family)
            .field("server", &self.server)
            .field("min_interval", &self.min_interval())
            .field("budget", &self.budget())
            .field("revoke_previous_after", &self.revoke_previous_after())
            .finish()
    }
}

impl IssueLimits {
    pub(crate) fn min_interval(self) -> Duration {
        self.min_interval.into()
    }

    pub(crate) fn budget(self) -> Option<IssueBudget> {
        self.budget
    }

    pub(crate) fn revoke_previous_after(self) -> Option<Duration> {
        self.revoke_previous_after.map(Duration::from)
    }

    /// The interval that is kept after a token of this lifetime, so that short-lived tokens are replaced in time. The lifetime
    /// that a server reports counts only if there is no budget: an understated one would use up the channel's slots.
    pub(crate) fn interval_after(self, lifetime: Option<Duration>) -> Duration {
        let shortened = match self.budget {
            Some(budget) => budget.lifetime() / 2,
            None => lifetime.map_or(Duration::MAX, |lifetime| (lifetime / 2).max(Duration::from_secs(1))),
        };
        self.min_interval().min(shortened)
    }
}
