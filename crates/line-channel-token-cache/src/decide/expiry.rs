//! When a token expires, and when it is replaced.
//!
//! A quarter of an hour and thirty days cannot share a number, so the windows are shares of the lifetime; and they are
//! jittered, so that caches which started together do not refresh together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use line_channel_token_core::Moment;

use super::{Span, nanos};
use crate::status::CacheState;

/// The remaining lifetimes at which a token is replaced, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct RefreshWindows {
    /// From here on a new token is fetched in the background.
    advisory: u64,
    /// From here on callers wait for the new token.
    mandatory: u64,
}

impl RefreshWindows {
    /// `share` is what is left of the lifetime when the next one is fetched, from 0 to 1.
    fn of(lifetime: Option<Duration>, share: f64) -> Self {
        let Some(lifetime) = lifetime else {
            return Self { advisory: 0, mandatory: 0 };
        };
        let advisory = lifetime.mul_f64(share.clamp(0.0, 1.0));
        // At most a minute for those who must wait.
        let mandatory = lifetime.mul_f64(0.02).min(Duration::from_secs(60));
        Self { advisory: nanos(advisory), mandatory: nanos(mandatory) }
    }
}

/// What share of a token's lifetime is left when the next one is fetched: what its source says, or else a fifth, give or take a
/// quarter of that. `jitter` is from 0 to 1.
pub(crate) fn refresh_window(lifetime: Option<Duration>, refresh_in: Option<Duration>, jitter: f32) -> f32 {
    match (lifetime, refresh_in) {
        (Some(lifetime), Some(refresh_in)) if !lifetime.is_zero() => {
            lifetime.saturating_sub(refresh_in).div_duration_f32(lifetime)
        }
        _ => 0.15 + 0.10 * jitter.clamp(0.0, 1.0),
    }
}

/// The expiry of a token in the cache.
///
/// A reader compares the coarse time with one limit and goes on; only past the limit does it check the windows, have a new
/// token fetched, and set the next limit. The limit never lies past the start of the mandatory window,
/// so a token that is returned without a recheck has a good part of its lifetime left.
#[repr(C)]
pub(crate) struct Expiry {
    /// When a reader must recheck, by either clock, in nanoseconds; 0 is at once.
    recheck_at_monotonic: AtomicU64,
    recheck_at_unix: AtomicU64,
    /// By both clocks, in nanoseconds.
    sent_at_monotonic: u64,
    sent_at_unix: u64,
    /// `None` for a token that does not expire.
    lifetime: Option<Span>,
    /// How long after its request was sent it arrived, in milliseconds.
    in_transit: u32,
    /// From 0 to 1; the windows follow from it and the lifetime.
    refresh_share: f32,
}

impl Expiry {
    /// The expiry of a token that arrived at `now`, and is replaced when this share of its lifetime is left.
    pub(crate) fn new(sent_at: Moment, lifetime: Option<Duration>, now: Moment, refresh_share: f32) -> Self {
        Self {
            recheck_at_monotonic: AtomicU64::new(0),
            recheck_at_unix: AtomicU64::new(0),
            // A source whose clock runs ahead must not lengthen a lifetime.
            sent_at_monotonic: nanos(sent_at.monotonic.min(now.monotonic)),
            sent_at_unix: nanos(sent_at.unix.min(now.unix)),
            lifetime: lifetime.map(Span::from),
            in_transit: u32::try_from(now.monotonic.saturating_sub(sent_at.monotonic).as_millis()).unwrap_or(u32::MAX),
            refresh_share,
        }
    }

    pub(crate) fn sent_at(&self) -> Moment {
        let [monotonic, unix] = [self.sent_at_monotonic, self.sent_at_unix].map(Duration::from_nanos);
        Moment { monotonic, unix }
    }

    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.lifetime.map(Duration::from)
    }

    fn in_transit(&self) -> Duration {
        Duration::from_millis(u64::from(self.in_transit))
    }

    /// When it arrived, by the monotonic clock, in nanoseconds.
    fn arrived_at(&self) -> u64 {
        self.sent_at_monotonic.saturating_add(nanos(self.in_transit()))
    }

    fn windows(&self) -> RefreshWindows {
        RefreshWindows::of(self.lifetime(), f64::from(self.refresh_share))
    }

    /// What is surely left: counted from when the request was sent, by the clock that says less.
    pub(crate) fn remaining(&self, now: Moment) -> Duration {
        self.lifetime().map_or(Duration::MAX, |lifetime| lifetime.saturating_sub(now.since(self.sent_at())))
    }

    /// What was left when it arrived; `None` if it does not expire.
    pub(crate) fn remaining_on_arrival(&self) -> Option<Duration> {
        self.lifetime().map(|lifetime| lifetime.saturating_sub(self.in_transit()))
    }

    /// Whether a server has surely ended it: by the monotonic clock alone, because a calendar that is set forward ends no
    /// token of a server's.
    pub(crate) fn has_surely_expired(&self, now: Moment) -> bool {
        let elapsed = now.monotonic.saturating_sub(Duration::from_nanos(self.sent_at_monotonic));
        self.lifetime().is_some_and(|lifetime| lifetime <= elapsed)
    }

    /// Whether the token can be returned without a recheck.
    #[inline]
    pub(crate) fn is_fresh_at(&self, coarse: Moment) -> bool {
        // Two loads without an order between them: both limits are set to moments at which no recheck is due yet.
        nanos(coarse.monotonic) < self.recheck_at_monotonic.load(Ordering::Relaxed)
            && nanos(coarse.unix) < self.recheck_at_unix.load(Ordering::Relaxed)
    }

    /// How long ago it arrived.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        Duration::from_nanos(nanos(now.monotonic).saturating_sub(self.arrived_at()))
    }

    /// Whether the token was there when somebody last asked.
    pub(crate) fn was_used(&self, last_used: u64) -> bool {
        last_used >= self.arrived_at()
    }

    pub(crate) fn state(&self, now: Moment) -> CacheState {
        let windows = self.windows();
        match nanos(self.remaining(now)) {
            0 => CacheState::Expired,
            left if left <= windows.mandatory => CacheState::Mandatory,
            left if left <= windows.advisory => CacheState::Advisory,
            _ => CacheState::Fresh,
        }
    }

    /// How long it is until a new token should be fetched; `None` if it does not expire.
    pub(crate) fn refresh_in(&self, now: Moment) -> Option<Duration> {
        self.lifetime?;
        Some(self.remaining(now).saturating_sub(Duration::from_nanos(self.windows().advisory)))
    }

    /// Readers recheck when a new token should be fetched.
    pub(crate) fn recheck_when_advisory(&self) {
        self.recheck(self.windows().advisory, Duration::MAX);
    }

    /// Readers recheck at `latest`, by the monotonic clock, and never later than when they must wait.
    pub(crate) fn recheck_when_mandatory_or_at(&self, latest: Duration) {
        self.recheck(self.windows().mandatory, latest);
    }

    fn recheck(&self, window: u64, latest: Duration) {
        let fresh_for = nanos(self.lifetime().unwrap_or(Duration::MAX)).saturating_sub(window);
        let at_monotonic = self.sent_at_monotonic.saturating_add(fresh_for).min(nanos(latest));
        self.recheck_at_monotonic.store(at_monotonic, Ordering::Relaxed);
        self.recheck_at_unix.store(self.sent_at_unix.saturating_add(fresh_for), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RefreshWindows, refresh_window};

    fn windows(lifetime: Duration, refresh_in: Option<Duration>, jitter: f32) -> RefreshWindows {
        RefreshWindows::of(Some(lifetime), f64::from(refresh_window(Some(lifetime), refresh_in, jitter)))
    }

    #[test]
    fn a_source_may_say_when_to_refresh() {
        let lifetime = Duration::from_secs(2_592_000);
        for refresh_in in [0, 30, 86_400, 2_591_000] {
            let advisory = Duration::from_nanos(windows(lifetime, Some(Duration::from_secs(refresh_in)), 0.5).advisory);
            let expected = lifetime - Duration::from_secs(refresh_in);
            assert!(advisory.abs_diff(expected) < Duration::from_secs(1), "{refresh_in}: {advisory:?}");
        }
        assert_eq!(windows(lifetime, Some(Duration::MAX), 0.5).advisory, 0);
    }

    #[test]
    fn windows_scale_with_the_lifetime() {
        for (lifetime, least, most) in [(900, 135, 225), (2_592_000, 388_800, 648_000), (1, 0, 1)] {
            let lifetime = Duration::from_secs(lifetime);
            for jitter in [0.0, 0.5, 1.0] {
                let windows = windows(lifetime, None, jitter);
                let [advisory, mandatory] = [windows.advisory, windows.mandatory].map(Duration::from_nanos);
                assert!((least..=most).contains(&advisory.as_secs()), "{windows:?}");
                assert!(mandatory < advisory && advisory < lifetime, "{windows:?}");
                assert!(mandatory <= Duration::from_secs(60));
            }
        }
        let quarter = Duration::from_secs(900);
        assert_ne!(windows(quarter, None, 0.1).advisory, windows(quarter, None, 0.2).advisory);
        assert_eq!(RefreshWindows::of(None, 0.5).advisory, 0);
        let longest = RefreshWindows::of(Some(Duration::from_secs(u64::MAX / 2)), 1.0);
        assert!(longest.advisory > longest.mandatory);
    }
}
