//! The futures of a manual clock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock_state::{SharedClockState, SleepKind, Sleeper};

/// A sleep. It begins when it is first polled, as other lazy timers do.
pub(crate) struct ManualSleep {
    clock: SharedClockState,
    duration: Duration,
    kind: SleepKind,
    begun: Option<Begun>,
}

#[derive(Clone, Copy)]
struct Begun {
    id: u64,
    /// The time awake at which it is over.
    until: Duration,
}

impl ManualSleep {
    pub(crate) fn new(clock: SharedClockState, duration: Duration, kind: SleepKind) -> Self {
        Self { clock, duration, kind, begun: None }
    }
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.lock();
        let Some(Begun { id, until }) = self.begun else {
            let is_foreground = self.kind == SleepKind::Foreground;
            if is_foreground {
                state.recorded_sleeps.push(self.duration);
            }
            state.last_id += 1;
            let until = state.awake.saturating_add(self.duration);
            self.begun = Some(Begun { id: state.last_id, until });
            let auto_advances = state.auto_advances && is_foreground;
            drop(state);
            if auto_advances {
                clock.advance(self.duration);
                // Other tasks run first, as they would during a real sleep.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return self.poll(context);
        };
        if state.awake >= until {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        // Wakers are woken and dropped outside of the lock: either may run or free a task here and now.
        let replaced = match state.sleepers.iter_mut().find(|sleeper| sleeper.id == id) {
            Some(sleeper) => Some(std::mem::replace(&mut sleeper.waker, waker)),
            None => {
                state.sleepers.push(Sleeper { id, until, waker, kind: self.kind });
                None
            }
        };
        let observers = std::mem::take(&mut state.observers);
        drop(state);
        drop(replaced);
        observers.into_iter().for_each(Waker::wake);
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        let Some(Begun { id, .. }) = self.begun else { return };
        let mut state = self.clock.lock();
        let position = state.sleepers.iter().position(|sleeper| sleeper.id == id);
        let sleeper = position.map(|position| state.sleepers.swap_remove(position));
        drop(state);
        drop(sleeper);
    }
}

/// Completes once enough sleeps are pending: see [`ManualClock::wait_for_sleepers`](crate::ManualClock::wait_for_sleepers).
///
/// ```
/// use std::time::Duration;
/// use futures_executor::block_on;
/// use line_channel_token_core::Clock;
/// use line_channel_token_mock::ManualClock;
///
/// let clock = ManualClock::new();
/// let task_clock = clock.clone();
/// let task = std::thread::spawn(move || block_on(task_clock.sleep(Duration::from_secs(60))));
///
/// block_on(clock.wait_for_sleepers(1)); // otherwise the clock might be advanced before the sleep begins
/// clock.advance(Duration::from_secs(60));
/// task.join().unwrap();
/// ```
#[must_use = "it waits only if it is awaited"]
pub struct WaitForSleepers {
    clock: SharedClockState,
    count: usize,
}

impl WaitForSleepers {
    pub(crate) fn new(clock: SharedClockState, count: usize) -> Self {
        Self { clock, count }
    }
}

impl Future for WaitForSleepers {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.pending_sleeps() >= self.count {
            return Poll::Ready(());
        }
        if !state.observers.iter().any(|observer| observer.will_wake(context.waker())) {
            state.observers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for WaitForSleepers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForSleepers").field("count", &self.count).finish_non_exhaustive()
    }
}
