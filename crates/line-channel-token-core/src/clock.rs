//! Time, injected: nothing else in the workspace asks the machine what time it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

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

    /// The same for housekeeping, whose end nobody waits for. A clock for tests that moves when somebody waits does not
    /// move for this.
    fn nap(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Moment;

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
}
