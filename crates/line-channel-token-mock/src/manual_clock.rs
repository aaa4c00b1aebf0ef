//! A clock that moves when it is told.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use line_channel_token_core::{Clock, Moment, Sleep};

/// 2026-01-01T00:00:00Z, where each clock starts: a full hour, so that a date in a test reads well.
const START: Duration = Duration::from_secs(1_767_225_600);

/// A clock that moves when it is told, and wakes whoever waits for the time that it then shows.
///
/// [`advance`](Self::advance) lets time pass, [`suspend`](Self::suspend) lets it pass without the timers, and
/// [`set_unix_time`](Self::set_unix_time) moves the wall clock alone.
///
/// Clones show the same time. It knows no runtime: it works under tokio, with its time paused or not, under any other
/// executor, and from several threads.
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
pub struct ManualClock(Arc<Mutex<State>>);

struct State {
    now: Moment,
    /// The time without suspension: sleepers wait on it, because the timers of an operating system stand still meanwhile.
    awake: Duration,
    leaping: bool,
    waits: Vec<Duration>,
    sleepers: Vec<Sleeper>,
    watchers: Vec<Waker>,
    next_id: u64,
}

struct Sleeper {
    id: u64,
    /// Of the time awake.
    until: Duration,
    waker: Waker,
    kind: Kind,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Wait,
    /// Housekeeping: it moves no clock, and is not counted.
    Nap,
}

impl ManualClock {
    /// A clock at 2026-01-01T00:00:00Z that stands still until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self::with(false)
    }

    /// A clock that moves by itself when somebody waits on it, by as much as they wait: waits are over at their second turn,
    /// and time has passed.
    ///
    /// Right for one caller that retries. Move a clock by hand ([`new`](Self::new), [`wait_for_sleepers`](Self::wait_for_sleepers),
    /// [`advance`](Self::advance)) for several that wait at once, for a task that waits in a loop, and for a race between a
    /// wait and some work, which the wait would always win.
    #[must_use]
    pub fn auto_advancing() -> Self {
        Self::with(true)
    }

    fn with(leaping: bool) -> Self {
        let now = Moment { monotonic: Duration::ZERO, unix: START };
        let (waits, sleepers, watchers) = (Vec::new(), Vec::new(), Vec::new());
        Self(Arc::new(Mutex::new(State { now, awake: Duration::ZERO, leaping, waits, sleepers, watchers, next_id: 0 })))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.change(|state| {
            state.pass(time);
            state.awake = state.awake.saturating_add(time);
        });
    }

    /// Lets time pass as it does for a machine that is suspended: both of the clock's times go on, but nobody who waits gets
    /// nearer to the end of the wait, because the timers of operating systems stand still.
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures_util::FutureExt;
    /// use line_channel_token_core::Clock;
    /// use line_channel_token_mock::ManualClock;
    ///
    /// let clock = ManualClock::new();
    /// let start = clock.now();
    /// let mut wait = clock.sleep(Duration::from_secs(60));
    /// assert!(wait.as_mut().now_or_never().is_none()); // it has begun
    /// clock.suspend(Duration::from_secs(3600));
    /// assert_eq!(clock.now().monotonic - start.monotonic, Duration::from_secs(3600));
    /// assert!(wait.as_mut().now_or_never().is_none());
    /// clock.advance(Duration::from_secs(60));
    /// assert!(wait.now_or_never().is_some());
    /// ```
    pub fn suspend(&self, time: Duration) {
        self.change(|state| state.pass(time));
    }

    /// Sets the calendar, forward or back, to this time since the Unix epoch; the monotonic clock is not touched.
    pub fn set_unix_time(&self, unix: Duration) {
        self.change(|state| state.now.unix = unix);
    }

    /// The durations of all waits so far, in the order in which they were begun; [naps](Clock::nap) aside.
    #[must_use]
    pub fn recorded_sleeps(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    /// How many wait now, [naps](Clock::nap) aside.
    #[must_use]
    pub fn pending_sleeps(&self) -> usize {
        self.state().sleepers()
    }

    /// Completes once at least this many wait: only then does moving the clock reach them.
    #[must_use]
    pub fn wait_for_sleepers(&self, count: usize) -> WaitForSleepers {
        WaitForSleepers { clock: self.clone(), count }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let awake = state.awake;
        let (due, waiting) = state.sleepers.drain(..).partition::<Vec<_>, _>(|sleeper| sleeper.until <= awake);
        state.sleepers = waiting;
        drop(state);
        // Outside of the lock: a waker may run its task here and now.
        due.into_iter().for_each(|sleeper| sleeper.waker.wake());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pass(&mut self, time: Duration) {
        self.now.monotonic = self.now.monotonic.saturating_add(time);
        self.now.unix = self.now.unix.saturating_add(time);
    }

    fn sleepers(&self) -> usize {
        self.sleepers.iter().filter(|sleeper| sleeper.kind == Kind::Wait).count()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ManualClock").field("now", &state.now).field("sleepers", &state.sleepers()).finish()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(Waiting { clock: self.clone(), duration, kind: Kind::Wait, begun: None })
    }

    fn nap(&self, duration: Duration) -> Sleep {
        Box::pin(Waiting { clock: self.clone(), duration, kind: Kind::Nap, begun: None })
    }
}

/// A wait. It begins when it is first polled, as those of other timers that are lazy.
struct Waiting {
    clock: ManualClock,
    duration: Duration,
    kind: Kind,
    /// Its number, and the time awake that ends it.
    begun: Option<(u64, Duration)>,
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        let Some((id, until)) = self.begun else {
            if self.kind == Kind::Wait {
                state.waits.push(self.duration);
            }
            state.next_id += 1;
            let until = state.awake.saturating_add(self.duration);
            self.begun = Some((state.next_id, until));
            if state.leaping && self.kind == Kind::Wait {
                drop(state);
                clock.advance(self.duration);
                // Others have their turn first, as they would in a true wait.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            drop(state);
            return self.poll(context);
        };
        if state.awake >= until {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        // Wakers are woken and dropped outside of the lock: either may run or free a task here and now.
        let before = match state.sleepers.iter_mut().find(|sleeper| sleeper.id == id) {
            Some(sleeper) => Some(std::mem::replace(&mut sleeper.waker, waker)),
            None => {
                state.sleepers.push(Sleeper { id, until, waker, kind: self.kind });
                None
            }
        };
        let watchers = std::mem::take(&mut state.watchers);
        drop(state);
        drop(before);
        watchers.into_iter().for_each(Waker::wake);
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some((id, _)) = self.begun else { return };
        let mut state = self.clock.state();
        let at = state.sleepers.iter().position(|sleeper| sleeper.id == id);
        let sleeper = at.map(|at| state.sleepers.swap_remove(at));
        drop(state);
        drop(sleeper);
    }
}

/// Waits until others wait: see [`ManualClock::wait_for_sleepers`].
#[derive(Debug)]
pub struct WaitForSleepers {
    clock: ManualClock,
    count: usize,
}

impl Future for WaitForSleepers {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.sleepers() >= self.count {
            return Poll::Ready(());
        }
        if !state.watchers.iter().any(|watcher| watcher.will_wake(context.waker())) {
            state.watchers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
