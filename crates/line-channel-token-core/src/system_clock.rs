//! The machine's own clocks.

use std::time::Duration;

use crate::clock::{Clock, Moment, Sleep};

/// The machine's own clocks. It waits on a timer thread of its own, so it works under every executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        machine::now()
    }

    fn glance(&self) -> Moment {
        machine::glance()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(futures_timer::Delay::new(duration))
    }
}

/// Linux keeps the time of its last tick, which is read in a quarter of the time that a clock is.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod machine {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    use super::Moment;

    pub(super) fn now() -> Moment {
        Moment { monotonic: read(ClockId::Monotonic), unix: read(ClockId::Realtime) }
    }

    pub(super) fn glance() -> Moment {
        Moment { monotonic: read(ClockId::MonotonicCoarse), unix: read(ClockId::RealtimeCoarse) }
    }

    fn read(clock: ClockId) -> Duration {
        let time = clock_gettime(clock);
        match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
            (Ok(seconds), Ok(nanoseconds)) => Duration::new(seconds, nanoseconds),
            // A machine that thinks it is before 1970 has the least time that can be told.
            _ => Duration::ZERO,
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
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

    pub(super) fn glance() -> Moment {
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
