//! A clock that a test moves.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::{Clock, Moment, Sleep};

use crate::clock_state::{SharedClockState, SleepKind};
use crate::manual_sleep::{ManualSleep, WaitForSleepers};

/// 2026-01-01T00:00:00Z, at which each clock starts: a full hour, so that a date in a test is easy to read.
const START: Duration = Duration::from_secs(1_767_225_600);

/// A clock that a test moves, and that wakes the tasks whose sleep is then over.
///
/// [`advance`](Self::advance) lets time pass, [`suspend`](Self::suspend) lets it pass as on a suspended machine, and
/// [`set_unix_time`](Self::set_unix_time) sets the wall clock alone.
///
/// Clones show the same time. It needs no runtime: it works under tokio, with its time paused or not, under any other executor, and from
/// several threads.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::Clock;
/// use line_channel_token_mock::ManualClock;
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(30 * 86_400)); // thirty days, at once
/// assert_eq!(clock.now().since(start).as_secs(), 2_592_000);
/// ```
#[derive(Clone)]
pub struct ManualClock(SharedClockState);

impl ManualClock {
    /// A clock at 2026-01-01T00:00:00Z that stands still until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self::starting(false)
    }

    /// A clock that advances by itself whenever a task sleeps on it, by the duration of that sleep. The sleep is over at its second poll,
    /// so that other tasks run first.
    ///
    /// It suits one caller that retries. Take a clock that you move yourself ([`new`](Self::new),
    /// [`wait_for_sleepers`](Self::wait_for_sleepers), [`advance`](Self::advance)) if several tasks sleep at once, if a task sleeps in a
    /// loop, and if a sleep races some work, because the sleep would always win.
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures_executor::block_on;
    /// use line_channel_token_core::Clock;
    /// use line_channel_token_mock::ManualClock;
    ///
    /// let clock = ManualClock::auto_advancing();
    /// block_on(clock.sleep(Duration::from_secs(3600))); // takes no time
    /// assert_eq!(clock.now().monotonic, Duration::from_secs(3600));
    /// assert_eq!(clock.recorded_sleeps(), [Duration::from_secs(3600)]);
    /// ```
    #[must_use]
    pub fn auto_advancing() -> Self {
        Self::starting(true)
    }

    fn starting(auto_advances: bool) -> Self {
        let now = Moment { monotonic: Duration::ZERO, unix: START };
        Self(SharedClockState::new(now, auto_advances))
    }

    /// Lets time pass, and ends the sleeps that are over by then.
    pub fn advance(&self, duration: Duration) {
        self.0.advance(duration);
    }

    /// Lets time pass as it does for a machine that is suspended: both of the clock's times go on, but no sleep gets nearer to its
    /// end, because the timers of operating systems stand still during a suspension.
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures_util::FutureExt;
    /// use line_channel_token_core::Clock;
    /// use line_channel_token_mock::ManualClock;
    ///
    /// let clock = ManualClock::new();
    /// let start = clock.now();
    /// let mut sleep = clock.sleep(Duration::from_secs(60));
    /// assert!(sleep.as_mut().now_or_never().is_none()); // it has begun
    /// clock.suspend(Duration::from_secs(3600));
    /// assert_eq!(clock.now().monotonic - start.monotonic, Duration::from_secs(3600));
    /// assert!(sleep.as_mut().now_or_never().is_none());
    /// clock.advance(Duration::from_secs(60));
    /// assert!(sleep.now_or_never().is_some());
    /// ```
    pub fn suspend(&self, duration: Duration) {
        self.0.lock().elapse(duration);
    }

    /// Sets the wall clock, forward or back, to this time since the Unix epoch. The monotonic clock and the sleeps are not affected.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_core::Clock;
    /// use line_channel_token_mock::ManualClock;
    ///
    /// let clock = ManualClock::new();
    /// let start = clock.now();
    /// clock.set_unix_time(Duration::from_secs(20)); // 1970, as on a device without a battery for its clock
    /// assert_eq!(clock.now().unix, Duration::from_secs(20));
    /// assert_eq!(clock.now().monotonic, start.monotonic);
    /// ```
    pub fn set_unix_time(&self, unix: Duration) {
        self.0.lock().now.unix = unix;
    }

    /// The durations of all sleeps so far, in the order in which they began, without [background ones](Clock::background_sleep).
    #[must_use]
    pub fn recorded_sleeps(&self) -> Vec<Duration> {
        self.0.lock().recorded_sleeps.clone()
    }

    /// How many sleeps have begun and are not over, without [background ones](Clock::background_sleep).
    #[must_use]
    pub fn pending_sleeps(&self) -> usize {
        self.0.lock().pending_sleeps()
    }

    /// Completes once at least `count` sleeps are [pending](Self::pending_sleeps). Await it before you [`advance`](Self::advance) the
    /// clock: a sleep that begins later does not notice that time has passed.
    pub fn wait_for_sleepers(&self, count: usize) -> WaitForSleepers {
        WaitForSleepers::new(self.0.clone(), count)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("ManualClock")
            .field("now", &state.now)
            .field("pending_sleeps", &state.pending_sleeps())
            .finish_non_exhaustive()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        self.0.lock().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(ManualSleep::new(self.0.clone(), duration, SleepKind::Foreground))
    }

    fn background_sleep(&self, duration: Duration) -> Sleep {
        Box::pin(ManualSleep::new(self.0.clone(), duration, SleepKind::Background))
    }
}
