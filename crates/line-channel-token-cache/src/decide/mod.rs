//! Decisions as plain functions of moments and of what is known: no task, no lock and no I/O.

pub(crate) mod admission;
pub(crate) mod backoff;
pub(crate) mod expiry;
pub(crate) mod slots;

use std::num::NonZeroU64;
use std::time::Duration;

use line_channel_token_core::Moment;

/// A moment of the monotonic clock, which takes eight bytes, also if it is optional: a pool has many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(
    /// In nanoseconds, and one more.
    NonZeroU64,
);

impl Timestamp {
    /// Before every other.
    pub(crate) const FIRST: Self = Self(NonZeroU64::MIN);

    /// This much after `now`.
    pub(crate) fn after(now: Moment, delay: Duration) -> Self {
        Self::from(Moment { monotonic: now.monotonic.saturating_add(delay), ..now })
    }

    /// How long it is until then; zero if it has come.
    pub(crate) fn time_left(self, now: Moment) -> Duration {
        Duration::from_nanos(self.nanos().saturating_sub(nanos(now.monotonic)))
    }

    fn nanos(self) -> u64 {
        self.0.get() - 1
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos(moment.monotonic)))
    }
}

/// A duration, which takes eight bytes, also if it is optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(
    /// In nanoseconds, and one more.
    NonZeroU64,
);

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos(duration)))
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self::from_nanos(span.0.get() - 1)
    }
}

/// What is left of a delay that began at `since`. The monotonic clock counts: a calendar that jumps forward must not end it.
pub(crate) fn delay_left(delay: Duration, since: Timestamp, now: Moment) -> Duration {
    delay.saturating_sub(Duration::from_nanos(nanos(now.monotonic).saturating_sub(since.nanos())))
}

/// Nanoseconds; enough for 584 years.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}
