//! How many of a channel's slots a cache may use.

use std::num::NonZeroU8;
use std::time::Duration;

use line_channel_token_core::Error;

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
