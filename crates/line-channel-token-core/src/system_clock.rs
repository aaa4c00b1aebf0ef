//! The machine's own clocks.

use std::time::Duration;

use crate::clock::{Clock, Moment, Sleep};
use crate::timer;

/// The machine's own clocks. It sleeps on a timer thread of its own, so it works under every executor.
///
/// On Linux, Android and Apple's platforms [`Moment::monotonic`] counts the time in which the machine was suspended;
/// elsewhere it is what [`std::time::Instant`] tells, which on some of them does not.
///
/// The thread is started by the first sleep, and again in a forked child. If the operating system refuses to start it, a
/// [`sleep`](Clock::sleep) is over at once instead of never, and the next one is another attempt to start it. Compare
/// [`now`](Clock::now) before and after if that matters.
///
/// ```
/// use line_channel_token_core::{Clock, SystemClock};
///
/// let sent = SystemClock.now();
/// let received = SystemClock.now();
/// assert!(received.since(sent).as_secs() < 60);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        machine::now()
    }

    fn now_coarse(&self) -> Moment {
        machine::now_coarse()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(timer::delay(duration))
    }
}

/// Linux keeps the time of its last tick, which is read in a quarter of the time that a clock is. But it keeps none that
/// counts suspension, so the difference is kept here.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod machine {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use rustix::time::ClockId;

    use super::Moment;
    use super::posix::read;

    /// For how long the machine was suspended until the last reading, in nanoseconds; plus 1, because 0 says that there
    /// was none yet.
    static SUSPENDED: AtomicU64 = AtomicU64::new(0);

    pub(super) fn now() -> Moment {
        let (monotonic, _) = read_both();
        Moment { monotonic, unix: read(ClockId::Realtime) }
    }

    pub(super) fn now_coarse() -> Moment {
        let suspended = match SUSPENDED.load(Ordering::Relaxed) {
            0 => read_both().1,
            known => Duration::from_nanos(known - 1),
        };
        Moment {
            monotonic: read(ClockId::MonotonicCoarse).saturating_add(suspended),
            unix: read(ClockId::RealtimeCoarse),
        }
    }

    /// The time with suspension, and how much of it was suspension so far.
    fn read_both() -> (Duration, Duration) {
        // In this order the difference is never too large, so that a coarse reading does not run ahead of this clock.
        let with_suspension = read(ClockId::Boottime);
        let without = read(ClockId::Monotonic);
        let suspended = with_suspension.saturating_sub(without);
        let stored = u64::try_from(suspended.as_nanos()).unwrap_or(u64::MAX).saturating_add(1);
        // Readings happen on many threads and hardly ever find more than the one before, so they seldom write.
        if stored > SUSPENDED.load(Ordering::Relaxed) {
            SUSPENDED.fetch_max(stored, Ordering::Relaxed);
        }
        // A time namespace may have set the one behind the other; then suspension is not told, and nothing goes back.
        (with_suspension.max(without), suspended)
    }
}

/// Apple's monotonic clock goes on while the machine sleeps; that of `Instant` does not.
#[cfg(target_vendor = "apple")]
mod machine {
    use rustix::time::ClockId;

    use super::Moment;
    use super::posix::read;

    pub(super) fn now() -> Moment {
        Moment { monotonic: read(ClockId::Monotonic), unix: read(ClockId::Realtime) }
    }

    pub(super) fn now_coarse() -> Moment {
        now()
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod posix {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    pub(super) fn read(clock: ClockId) -> Duration {
        let time = clock_gettime(clock);
        match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
            (Ok(seconds), Ok(nanoseconds)) => Duration::new(seconds, nanoseconds),
            // A machine that thinks it is before 1970 has the least time that can be told.
            _ => Duration::ZERO,
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod machine {
    use std::sync::LazyLock;
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    use super::Moment;

    static ORIGIN: LazyLock<Instant> = LazyLock::new(instant);

    pub(super) fn now() -> Moment {
        let origin = *ORIGIN;
        Moment {
            monotonic: instant().saturating_duration_since(origin),
            // A machine that thinks it is before 1970 has the least time that can be told.
            unix: system_time().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    pub(super) fn now_coarse() -> Moment {
        now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn instant() -> Instant {
        Instant::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn system_time() -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::SystemClock;
    use crate::Clock;

    #[test]
    fn the_system_clock_runs_forward_and_sleeps_without_a_runtime() {
        let before = SystemClock.now();
        futures_executor::block_on(SystemClock.sleep(Duration::from_millis(2)));
        let after = SystemClock.now();
        assert!(after.monotonic >= before.monotonic + Duration::from_millis(2));
        assert!(after.unix > Duration::from_secs(1_700_000_000));
    }

    #[test]
    fn a_coarse_reading_lags_a_little_and_never_runs_ahead() {
        for _ in 0..1000 {
            let (before, coarse, after) = (SystemClock.now(), SystemClock.now_coarse(), SystemClock.now());
            assert!(coarse.monotonic <= after.monotonic && coarse.unix <= after.unix, "{coarse:?} {after:?}");
            // Ticks are 10 ms apart at the most; a machine that is held up may miss some.
            let allowed = Duration::from_secs(2);
            assert!(coarse.monotonic + allowed >= before.monotonic && coarse.unix + allowed >= before.unix);
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn the_monotonic_time_counts_suspension() {
        use rustix::time::ClockId;

        let before = super::posix::read(ClockId::Boottime);
        let now = SystemClock.now().monotonic;
        assert!(before <= now && now <= super::posix::read(ClockId::Boottime));
    }
}
