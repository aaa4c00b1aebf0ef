//! How long a token lives, and when a reader must look closer at it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use line_channel_token_core::Moment;

use crate::CacheState;
use crate::backoff::wait_left;
use crate::margins::Margins;

/// The life of a token in the cache.
///
/// A reader compares the time with a limit and goes on; only past the limit does it look at the margins, see to it that a
/// new token is fetched, and set the next limit. The limit never lies past the moment from which callers must wait, so
/// a token that is handed out without a look has a good part of its life left.
pub(crate) struct Life {
    /// When to look, by either clock, in nanoseconds; 0 is at once.
    look_at_monotonic: AtomicU64,
    look_at_unix: AtomicU64,
    margins: Margins,
    sent_at: Moment,
    /// `None` for a token that does not expire.
    whole: Option<Duration>,
    /// When it came, by the monotonic clock, in nanoseconds.
    landed_at: u64,
}

impl Life {
    /// The life of a token that came at `now`. `jitter` is from 0 to 1.
    pub(crate) fn new(sent_at: Moment, whole: Option<Duration>, now: Moment, jitter: f64) -> Self {
        // A source whose clock runs ahead must not lengthen a life.
        let sent_at = Moment { monotonic: sent_at.monotonic.min(now.monotonic), unix: sent_at.unix.min(now.unix) };
        let (look_at_monotonic, look_at_unix) = (AtomicU64::new(0), AtomicU64::new(0));
        let (margins, landed_at) = (Margins::of(whole, jitter), nanos(now.monotonic));
        Self { look_at_monotonic, look_at_unix, margins, sent_at, whole, landed_at }
    }

    pub(crate) fn whole(&self) -> Option<Duration> {
        self.whole
    }

    /// What is surely left: counted from when the token was asked for, by the clock that says less.
    pub(crate) fn remaining(&self, now: Moment) -> Duration {
        self.whole.map_or(Duration::MAX, |whole| whole.saturating_sub(now.since(self.sent_at)))
    }

    /// What was left of it when it came; `None` where it does not expire.
    pub(crate) fn when_it_came(&self) -> Option<Duration> {
        let under_way = self.landed_at.saturating_sub(nanos(self.sent_at.monotonic));
        self.whole.map(|whole| whole.saturating_sub(Duration::from_nanos(under_way)))
    }

    /// Whether a server has surely ended it: by the monotonic clock alone, because a calendar that is set forward ends no
    /// token of a server's.
    pub(crate) fn is_surely_over(&self, now: Moment) -> bool {
        self.whole.is_some_and(|whole| wait_left(whole, self.sent_at, now).is_zero())
    }

    /// Whether the token can be handed out without a look.
    #[inline]
    pub(crate) fn is_good_at(&self, glance: Moment) -> bool {
        // Two loads without an order between them: both limits are set to moments at which a look is not due yet.
        nanos(glance.monotonic) < self.look_at_monotonic.load(Ordering::Relaxed)
            && nanos(glance.unix) < self.look_at_unix.load(Ordering::Relaxed)
    }

    /// Whether a use at `last_used` was one of this token.
    pub(crate) fn is_used(&self, last_used: u64) -> bool {
        last_used >= self.landed_at
    }

    pub(crate) fn state(&self, now: Moment) -> CacheState {
        match self.remaining(now) {
            Duration::ZERO => CacheState::Expired,
            left if left <= self.margins.mandatory => CacheState::Mandatory,
            left if left <= self.margins.advisory => CacheState::Advisory,
            _ => CacheState::Fresh,
        }
    }

    /// How long it is until a new token should be fetched; `None` where it does not expire.
    pub(crate) fn refresh_in(&self, now: Moment) -> Option<Duration> {
        self.whole?;
        Some(self.remaining(now).saturating_sub(self.margins.advisory))
    }

    /// Lets readers pass until a new token should be fetched.
    pub(crate) fn look_when_advisory(&self) {
        self.look_at(self.margins.advisory, Duration::MAX);
    }

    /// Lets readers pass until `latest` at the latest, by the monotonic clock, and never past the moment from which they must wait.
    pub(crate) fn look_when_mandatory_or_at(&self, latest: Duration) {
        self.look_at(self.margins.mandatory, latest);
    }

    fn look_at(&self, margin: Duration, latest: Duration) {
        let life = self.whole.unwrap_or(Duration::MAX).saturating_sub(margin);
        let limit = |origin: Duration| nanos(origin.saturating_add(life));
        self.look_at_monotonic.store(limit(self.sent_at.monotonic).min(nanos(latest)), Ordering::Relaxed);
        self.look_at_unix.store(limit(self.sent_at.unix), Ordering::Relaxed);
    }
}

/// Nanoseconds; enough for 584 years.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}
