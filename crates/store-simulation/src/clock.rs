//! The clocks of a machine: apart from those of others, and running at a speed of their own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use line_channel_token_core::{Clock, Moment, Sleep};

use crate::executor::Handle;

/// When the simulation begins, by a clock that is right.
pub(crate) const BEGIN: Duration = Duration::from_secs(1_767_225_600);

/// The clocks of one machine.
#[derive(Debug)]
pub(crate) struct NodeClock {
    handle: Handle,
    /// How much faster it runs than time does, in millionths.
    drift: i64,
    /// What its monotonic clock said in the beginning.
    origin: Duration,
    /// How far its calendar is ahead, in milliseconds.
    ahead: AtomicI64,
}

impl NodeClock {
    pub(crate) fn new(handle: Handle, drift: i64, origin: Duration, ahead: i64) -> Self {
        Self { handle, drift, origin, ahead: AtomicI64::new(ahead) }
    }

    /// Sets the calendar.
    pub(crate) fn set_ahead(&self, milliseconds: i64) {
        self.ahead.store(milliseconds, Ordering::Relaxed);
    }

    fn elapsed(&self) -> Duration {
        scaled(self.handle.now(), self.drift)
    }
}

/// A time span by a clock that runs faster by so many millionths.
fn scaled(time: Duration, drift: i64) -> Duration {
    let share = time / 1_000_000 * u32::try_from(drift.unsigned_abs()).unwrap_or(u32::MAX);
    if drift < 0 { time.saturating_sub(share) } else { time.saturating_add(share) }
}

impl Clock for NodeClock {
    fn now(&self) -> Moment {
        let elapsed = self.elapsed();
        let offset = Duration::from_millis(self.ahead.load(Ordering::Relaxed).unsigned_abs());
        let right = BEGIN.saturating_add(elapsed);
        let is_ahead = self.ahead.load(Ordering::Relaxed) >= 0;
        let unix = if is_ahead { right.saturating_add(offset) } else { right.saturating_sub(offset) };
        Moment { monotonic: self.origin.saturating_add(elapsed), unix }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        // A microsecond more, because a sleep that ends early by rounding would begin again and again.
        let true_time = scaled(duration, -self.drift).saturating_add(Duration::from_micros(1));
        Box::pin(self.handle.sleep(true_time))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Clock;

    use super::{BEGIN, NodeClock};
    use crate::executor::{Executor, WORLD};

    #[test]
    fn a_slow_clock_ahead_of_time_falls_back() {
        let mut executor = Executor::new(1);
        let clock = NodeClock::new(executor.handle(), -200, Duration::from_secs(5), 300_000);
        let begin = clock.now();
        assert_eq!(begin.unix, BEGIN + Duration::from_secs(300));
        executor.run_until(Duration::from_secs(1_000_000), |_| false);
        assert_eq!(clock.now().monotonic - begin.monotonic, Duration::from_secs(999_800));
        assert_eq!(clock.now().unix - begin.unix, Duration::from_secs(999_800));
    }

    #[test]
    fn a_sleep_lasts_as_long_as_its_clock_says() {
        let mut executor = Executor::new(1);
        let clock = NodeClock::new(executor.handle(), 500, Duration::ZERO, 0);
        let begin = clock.now();
        executor.handle().spawn(WORLD, clock.sleep(Duration::from_secs(1_000)));
        let handle = executor.handle();
        executor.run_until(Duration::from_secs(998), |_| false);
        assert!(clock.now().since(begin) < Duration::from_secs(1_000));
        executor.run_until(Duration::from_secs(1_000), |_| false);
        assert!(handle.now() == Duration::from_secs(1_000) && clock.now().since(begin) >= Duration::from_secs(1_000));
    }
}
