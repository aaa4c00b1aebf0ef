//! Time, injected: nothing else in the workspace asks the machine what time it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time, read from two clocks at once.
///
/// Neither clock is enough by itself: the monotonic one stands still while a laptop sleeps, and the wall clock can be
/// set back or forward. A life that is measured by both ends when either says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Time since an origin that is fixed for the process; never goes back.
    pub monotonic: Duration,
    /// Time since the Unix epoch, as the machine's calendar has it.
    pub unix: Duration,
}

impl Moment {
    /// How much time has passed since `earlier`, by the clock that says more.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        let wall = self.unix.saturating_sub(earlier.unix);
        monotonic.max(wall)
    }
}

/// A wait that a [`Clock`] hands out.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Moment;

    /// About the present moment, told as cheaply as can be: it lags behind [`now`](Self::now) by a few milliseconds at
    /// the most. For paths that are counted in nanoseconds and decide nothing that so little time would change.
    fn glance(&self) -> Moment {
        self.now()
    }

    /// Completes once `duration` has passed on this clock.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// The machine's own clocks. It waits on a timer thread of its own, so it works under every executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

static ORIGIN: LazyLock<Instant> = LazyLock::new(instant);

/// Linux keeps the time of its last tick, which is read in a quarter of the time that a clock is.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod coarse {
    use std::sync::LazyLock;
    use std::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_gettime};

    use super::{Clock, Moment, SystemClock};

    /// What `MonotonicCoarse` shows at the origin of [`SystemClock`].
    static ORIGIN: LazyLock<Duration> = LazyLock::new(|| {
        // In this order, so that whatever passes in between makes a glance lag behind rather than run ahead.
        let since_origin = SystemClock.now().monotonic;
        duration(clock_gettime(ClockId::Monotonic)).saturating_sub(since_origin)
    });

    pub(super) fn now() -> Moment {
        Moment {
            monotonic: duration(clock_gettime(ClockId::MonotonicCoarse)).saturating_sub(*ORIGIN),
            unix: duration(clock_gettime(ClockId::RealtimeCoarse)),
        }
    }

    /// A time before the origin, 1970 for the calendar, has the least time that can be told.
    fn duration(time: Timespec) -> Duration {
        match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
            (Ok(seconds), Ok(nanoseconds)) => Duration::new(seconds, nanoseconds),
            _ => Duration::ZERO,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let origin = *ORIGIN;
        Moment {
            monotonic: instant().saturating_duration_since(origin),
            // A machine that thinks it is before 1970 has the least time that can be told.
            unix: system_time().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn glance(&self) -> Moment {
        coarse::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(futures_timer::Delay::new(duration))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Clock, Moment, SystemClock};

    fn moment(monotonic: u64, unix: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(monotonic), unix: Duration::from_secs(unix) }
    }

    #[test]
    fn a_suspended_machine_and_a_clock_set_back_both_let_time_pass() {
        let start = moment(100, 1_000_000);
        assert_eq!(moment(101, 1_003_600).since(start), Duration::from_secs(3600), "slept for an hour");
        assert_eq!(moment(160, 900_000).since(start), Duration::from_secs(60), "set back by a day");
        assert_eq!(moment(90, 900_000).since(start), Duration::ZERO, "never negative");
    }

    #[test]
    fn the_system_clock_runs_forward_and_waits_without_a_runtime() {
        let before = SystemClock.now();
        futures_executor::block_on(SystemClock.sleep(Duration::from_millis(2)));
        let after = SystemClock.now();
        assert!(after.monotonic >= before.monotonic + Duration::from_millis(2));
        assert!(after.unix > Duration::from_secs(1_700_000_000));
    }

    #[test]
    fn a_glance_lags_behind_a_little_and_never_runs_ahead() {
        for _ in 0..1000 {
            let (before, glance, after) = (SystemClock.now(), SystemClock.glance(), SystemClock.now());
            assert!(glance.monotonic <= after.monotonic && glance.unix <= after.unix, "{glance:?} {after:?}");
            // Ticks are 10 ms apart at the most; a machine that is held up may miss some.
            let allowed = Duration::from_secs(2);
            assert!(glance.monotonic + allowed >= before.monotonic && glance.unix + allowed >= before.unix);
        }
    }
}
