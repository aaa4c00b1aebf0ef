//! Time, injected: nothing else in the workspace asks the machine what time it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A point in time, read from two clocks at once.
///
/// Neither clock is enough by itself: the monotonic one may stand still while the machine is suspended, if the platform
/// does not tell, and the wall clock can be set back or forward. A lifetime that is measured by both ends when either says so.
///
/// Compare moments of one clock only: `monotonic` has an origin of that clock's own.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::Moment;
///
/// let sent = Moment { monotonic: Duration::from_secs(100), unix: Duration::from_secs(1_767_225_600) };
/// let set_back = Moment { monotonic: Duration::from_secs(160), unix: Duration::from_secs(1_767_139_200) };
/// assert_eq!(set_back.since(sent), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Time since an origin of the clock's own, which is fixed for the process; never goes back.
    ///
    /// Time in which the machine was suspended counts, if the platform can tell.
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

/// A delay that a [`Clock`] returns.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::{Clock, Sleep, SystemClock};
///
/// let _sleep: Sleep = SystemClock.sleep(Duration::from_secs(60)); // dropped: nobody waits
/// ```
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and sleeps.
///
/// Delays are measured by [`Moment::monotonic`], so the time in which the machine was suspended counts towards them. The
/// timers of operating systems stand still meanwhile, and a [`sleep`](Self::sleep) that is built on one then ends late.
/// Code that sleeps long calls [`now`](Self::now) again at least every 10 seconds.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::Clock;
///
/// async fn sleep_through_suspension(clock: &dyn Clock, duration: Duration) {
///     let end = clock.now().monotonic.saturating_add(duration);
///     loop {
///         let left = end.saturating_sub(clock.now().monotonic);
///         if left.is_zero() {
///             return;
///         }
///         clock.sleep(left.min(Duration::from_secs(10))).await;
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Moment;

    /// About the present moment, told as cheaply as can be: it never runs ahead of [`now`](Self::now), and lags behind it
    /// by a few milliseconds at the most. After a suspension, its `monotonic` may lack that time until somebody calls
    /// `now`; its `unix` does not. For paths that are counted in nanoseconds and decide nothing that so little time would
    /// change.
    fn now_coarse(&self) -> Moment {
        self.now()
    }

    /// Completes once `duration` has passed on this clock, or later: see [`Clock`] on suspended machines. It must not be
    /// over at once, unless there is no timer.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// The same for housekeeping, whose end nobody waits for. A clock for tests that moves when somebody waits does not
    /// move for this.
    fn background_sleep(&self, duration: Duration) -> Sleep {
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
        assert_eq!(
            moment(101, 1_003_600).since(start),
            Duration::from_secs(3600),
            "suspended for an hour, on a platform that does not tell"
        );
        assert_eq!(moment(160, 900_000).since(start), Duration::from_secs(60), "set back by a day");
        assert_eq!(moment(90, 900_000).since(start), Duration::ZERO, "never negative");
    }
}
