//! What a source demands of the cache around it.

use std::num::NonZeroU8;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Error};

use crate::decide::Span;

/// How many of a channel's 30 slots the tokens of one cache may use.
///
/// LINE allows 30 valid v2.1 tokens per channel and refuses the 31st; of v2 tokens the 31st silently revokes the oldest. A
/// cache counts the tokens that it has issued, and those that may exist because a response was lost. In health it needs two
/// slots: one for a token and one for the next.
///
/// The budget protects LINE's 30 slots, and keeps no channel without a token for long while LINE lists fewer than 28 tokens or cannot list
/// them. Once it is used up, the cache lists the channel's tokens
/// ([`TokenSource::key_ids`](crate::TokenSource::key_ids)) and goes on if LINE lists fewer than 28. If the tokens cannot be
/// listed (v2) and no valid one is held, an issue whose response was lost stops counting after five minutes, and one token in ten
/// minutes is issued in any case: a channel without a token is worse than a token too many.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::IssueBudget;
///
/// let budget = IssueBudget::new(4, Duration::from_secs(30 * 86_400))?;
/// assert_eq!(budget.slots(), 4);
/// assert!(IssueBudget::new(31, Duration::from_secs(900)).is_err());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueBudget {
    slots: NonZeroU8,
    lifetime: Span,
}

impl IssueBudget {
    /// What the sources of this crate use unless set: a third of LINE's 30.
    pub const DEFAULT_SLOTS: usize = 10;

    /// A budget of 2 to 30 slots for tokens of this lifetime.
    ///
    /// `lifetime` is how long a token counts whose response was lost. A token that arrived counts as long as its own
    /// lifetime says, and no shorter than this.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30: a token is issued while
    /// the previous one is valid, and LINE's limit is 30.
    pub fn new(slots: usize, lifetime: Duration) -> Result<Self, Error> {
        let number = u8::try_from(slots).ok().and_then(NonZeroU8::new);
        match number.filter(|number| (2..=30).contains(&number.get())) {
            Some(slots) => Ok(Self { slots, lifetime: lifetime.into() }),
            None => Err(Error::invalid_input(format!(
                "a budget has 2 to 30 slots, not {slots}: a token is issued while the previous one is valid, and LINE \
                 allows a channel 30"
            ))),
        }
    }

    pub(crate) fn standard(lifetime: Duration) -> Self {
        let slots = u8::try_from(Self::DEFAULT_SLOTS).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN);
        Self { slots, lifetime: lifetime.into() }
    }

    /// How many slots it has.
    #[must_use]
    pub fn slots(self) -> usize {
        usize::from(self.slots.get())
    }

    /// How long a token counts whose response was lost.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        self.lifetime.into()
    }
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePolicy {
    /// In a box, because a pool knows its channels and keeps many policies.
    channel_id: Option<Box<ChannelId>>,
    min_interval: Span,
    budget: Option<IssueBudget>,
    revoke_previous_after: Option<Span>,
}

impl SourcePolicy {
    /// At least a minute between two issues, no budget, and previous tokens are left to expire.
    #[must_use]
    pub fn new() -> Self {
        let min_interval = Duration::from_secs(60).into();
        Self { channel_id: None, min_interval, budget: None, revoke_previous_after: None }
    }

    /// The channel that the tokens are for: it is named in events and traces, and a pool checks it.
    #[must_use]
    pub fn with_channel_id(self, channel_id: ChannelId) -> Self {
        Self { channel_id: Some(Box::new(channel_id)), ..self }
    }

    /// The minimum time between two issues, whatever lifetime the server gives a token. LINE asks not to issue v2 and v2.1
    /// tokens per call, so their sources leave a minute. After an invalidation one token is issued sooner.
    ///
    /// Tokens that live less than twice the interval are served without a gap all the same: without a budget, half of the last
    /// token's lifetime is enough (a second at least, so that tokens of less than two seconds leave gaps); with one, half of the [budget's lifetime](IssueBudget::lifetime). With a budget, the interval doubles while tokens are
    /// refused one after the other, up to ten minutes.
    #[must_use]
    pub fn with_min_interval(self, min_interval: Duration) -> Self {
        Self { min_interval: min_interval.into(), ..self }
    }

    /// How many tokens may be valid at a time.
    #[must_use]
    pub fn with_budget(self, budget: IssueBudget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// Retires each token once the next one has been there for `grace`: time enough for requests that are in flight with the
    /// previous one. Without this, previous tokens are left to expire; those that others issued are left to them in any case.
    #[must_use]
    pub fn with_revoke_previous_after(self, grace: Duration) -> Self {
        Self { revoke_previous_after: Some(grace.into()), ..self }
    }

    /// The channel that the tokens are for.
    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.channel_id.as_deref()
    }

    /// The minimum time between two issues.
    #[must_use]
    pub fn min_interval(&self) -> Duration {
        self.min_interval.into()
    }

    /// How many tokens may be valid at a time; `None` if they are not limited.
    #[must_use]
    pub fn budget(&self) -> Option<IssueBudget> {
        self.budget
    }

    /// How long after the next one has come a token is retired; `None` if it is left to expire.
    #[must_use]
    pub fn revoke_previous_after(&self) -> Option<Duration> {
        self.revoke_previous_after.map(Duration::from)
    }

    /// Without the channel, which the cache keeps elsewhere.
    pub(crate) fn without_channel(self) -> Self {
        Self { channel_id: None, ..self }
    }

    /// The interval that is kept after a token of this lifetime, so that short-lived tokens are replaced in time. What a server
    /// says of a lifetime counts only if there is no budget: one that understates it would use up the channel's slots.
    pub(crate) fn interval_after(&self, lifetime: Option<Duration>) -> Duration {
        let shortened = match self.budget {
            Some(budget) => budget.lifetime() / 2,
            None => lifetime.map_or(Duration::MAX, |lifetime| (lifetime / 2).max(Duration::from_secs(1))),
        };
        self.min_interval().min(shortened)
    }
}

impl Default for SourcePolicy {
    fn default() -> Self {
        Self::new()
    }
}
