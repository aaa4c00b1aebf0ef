//! What all clones of a manual clock share: its time, and who waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use line_channel_token_core::Moment;

#[derive(Clone)]
pub(crate) struct SharedClockState(Arc<Mutex<ClockState>>);

pub(crate) struct ClockState {
    pub(crate) now: Moment,
    /// The time without suspensions, which ends sleeps: the timers of an operating system stand still during a suspension.
    pub(crate) awake: Duration,
    pub(crate) auto_advances: bool,
    pub(crate) recorded_sleeps: Vec<Duration>,
    pub(crate) sleepers: Vec<Sleeper>,
    /// To wake when the number of sleepers grows.
    pub(crate) observers: Vec<Waker>,
    pub(crate) last_id: u64,
}

/// A sleep that has begun and is not over.
pub(crate) struct Sleeper {
    pub(crate) id: u64,
    /// The time awake at which it is over.
    pub(crate) until: Duration,
    pub(crate) waker: Waker,
    pub(crate) kind: SleepKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SleepKind {
    Foreground,
    /// Housekeeping: it advances no clock, and is neither recorded nor counted.
    Background,
}

impl SharedClockState {
    pub(crate) fn new(now: Moment, auto_advances: bool) -> Self {
        Self(Arc::new(Mutex::new(ClockState {
            now,
            awake: Duration::ZERO,
            auto_advances,
            recorded_sleeps: Vec::new(),
            sleepers: Vec::new(),
            observers: Vec::new(),
            last_id: 0,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ClockState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.elapse(duration);
        state.awake = state.awake.saturating_add(duration);
        let awake = state.awake;
        let due: Vec<_> = state.sleepers.extract_if(.., |sleeper| sleeper.until <= awake).collect();
        drop(state);
        // Outside of the lock: a waker may run its task here and now.
        due.into_iter().for_each(|sleeper| sleeper.waker.wake());
    }
}

impl ClockState {
    /// Moves both times forward, but not the end of any sleep.
    pub(crate) fn elapse(&mut self, duration: Duration) {
        self.now.monotonic = self.now.monotonic.saturating_add(duration);
        self.now.unix = self.now.unix.saturating_add(duration);
    }

    pub(crate) fn pending_sleeps(&self) -> usize {
        self.sleepers.iter().filter(|sleeper| sleeper.kind == SleepKind::Foreground).count()
    }
}
