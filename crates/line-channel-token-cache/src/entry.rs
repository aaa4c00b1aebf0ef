//! The current token of a cache, and when a reader must look closer at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use line_channel_token_core::Moment;

use crate::margins::Margins;
use crate::{CacheState, CachedToken};

/// The current token.
///
/// A reader compares the time with a limit and goes on; only past the limit does it look at the margins, see to it that a
/// new token is fetched, and set the next limit. The limit never lies past the moment from which callers must wait, so
/// a token that is handed out without a look has a good part of its life left.
pub(crate) struct Entry {
    pub(crate) token: Arc<CachedToken>,
    margins: Margins,
    /// When it came, by the monotonic clock, in nanoseconds.
    landed_at: u64,
    /// When to look, by either clock, in nanoseconds; 0 is at once.
    look_at_monotonic: AtomicU64,
    look_at_unix: AtomicU64,
}

impl Entry {
    /// `jitter` is from 0 to 1.
    pub(crate) fn new(token: Arc<CachedToken>, now: Moment, jitter: f64) -> Self {
        let margins = Margins::of(token.expires_in(), jitter);
        let landed_at = nanos(now.monotonic);
        Self { token, margins, landed_at, look_at_monotonic: AtomicU64::new(0), look_at_unix: AtomicU64::new(0) }
    }

    /// Whether the token can be handed out without a look.
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
        match self.token.remaining(now) {
            Duration::ZERO => CacheState::Expired,
            left if left <= self.margins.mandatory => CacheState::Mandatory,
            left if left <= self.margins.advisory => CacheState::Advisory,
            _ => CacheState::Fresh,
        }
    }

    /// How long it is until a new token should be fetched; `None` where it does not expire.
    pub(crate) fn refresh_in(&self, now: Moment) -> Option<Duration> {
        self.token.expires_in()?;
        Some(self.token.remaining(now).saturating_sub(self.margins.advisory))
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
        let sent_at = self.token.sent_at();
        let life = self.token.expires_in().unwrap_or(Duration::MAX).saturating_sub(margin);
        let limit = |origin: Duration| nanos(origin.saturating_add(life));
        self.look_at_monotonic.store(limit(sent_at.monotonic).min(nanos(latest)), Ordering::Relaxed);
        self.look_at_unix.store(limit(sent_at.unix), Ordering::Relaxed);
    }
}

/// Nanoseconds; enough for 584 years.
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}
