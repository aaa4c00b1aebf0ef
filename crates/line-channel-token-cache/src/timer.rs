//! When which callback is due: one task for a cache, or for a whole pool.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::select;
use line_channel_token_core::{Clock, Moment};
use tokio::sync::Notify;

use crate::decide::{Timestamp, nanos};
use crate::sync::{Mutex, Runtime, Task};
use crate::wait::{MAX_SLEEP, sleep, yield_now};

/// A task that has not run for this long, although something is due, runs on a stalled runtime, and another takes over.
const STALLED_AFTER: Duration = Duration::from_secs(30);
/// After this many callbacks the task lets others run.
const BATCH: usize = 32;

/// What a timer calls.
pub(crate) trait Scheduled: Send + Sync {
    /// Does what is due.
    fn run_due(self: Arc<Self>);

    /// The timer's task has ended with its runtime: the next caller starts another.
    fn timer_ended(&self);
}

/// Ends its task when it is dropped.
#[derive(Default)]
pub(crate) struct Timer {
    queue: Arc<Queue>,
    task: Mutex<Option<Task>>,
}

/// The address tells entries of the same moment apart.
type Key = (Timestamp, usize);

#[derive(Default)]
struct Queue {
    entries: Mutex<BTreeMap<Key, Weak<dyn Scheduled>>>,
    changed: Notify,
    /// When the task last ran, by the monotonic clock, in nanoseconds.
    last_run: AtomicU64,
}

impl Timer {
    /// Calls `callback` at the moment `at` instead of at `before`.
    pub(crate) fn schedule<S: Scheduled + 'static>(
        &self,
        callback: &Arc<S>,
        before: Option<Timestamp>,
        at: Option<Timestamp>,
    ) {
        if before == at {
            return;
        }
        let address = Arc::as_ptr(callback).addr();
        let mut entries = self.queue.entries.lock();
        if let Some(before) = before {
            entries.remove(&(before, address));
        }
        let Some(at) = at else { return };
        let callback: Weak<dyn Scheduled> = Arc::<S>::downgrade(callback);
        entries.insert((at, address), callback);
        let first = entries.first_key_value().map(|(first, _)| *first);
        drop(entries);
        if first == Some((at, address)) {
            self.queue.changed.notify_one();
        }
    }

    /// Removes the entry of a callback that is being dropped.
    pub(crate) fn cancel<S>(&self, at: Timestamp, callback: &S) {
        self.queue.entries.lock().remove(&(at, std::ptr::from_ref(callback).addr()));
    }

    /// Starts the task if there is none, or if its runtime has ended or is stalled. Outside of a runtime there is none for
    /// now. Not under a cache's lock.
    pub(crate) fn ensure_task(&self, clock: &Arc<dyn Clock>, now: Moment) {
        let Some(first) = self.queue.next_at() else { return };
        // Declared first, so that it is dropped after the lock is released.
        let _before;
        let mut task = self.task.lock();
        let is_late = first.time_left(now).is_zero() && self.queue.idle_for(now) > STALLED_AFTER;
        if task.as_ref().is_some_and(|task| !task.is_finished()) && !is_late {
            return;
        }
        let Ok(runtime) = Runtime::current() else { return };
        self.queue.note_run(now);
        // Under the lock, so that of two callers only one starts a task.
        let queue = NotifyOnDrop(Arc::clone(&self.queue));
        _before = task.replace(runtime.spawn(run(queue, Arc::clone(clock))));
    }
}

/// Notifies the callbacks that the task has ended.
struct NotifyOnDrop(Arc<Queue>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        let callbacks: Vec<_> = self.0.entries.lock().values().cloned().collect();
        callbacks.iter().filter_map(Weak::upgrade).for_each(|callback| callback.timer_ended());
    }
}

async fn run(queue: NotifyOnDrop, clock: Arc<dyn Clock>) {
    let queue = &*queue.0;
    loop {
        let now = clock.now();
        queue.note_run(now);
        let mut calls = 0_usize;
        while let Some(callback) = queue.next_due(now) {
            // It may be the last handle, with which the timer and this task end.
            if let Some(callback) = callback.upgrade() {
                callback.run_due();
            }
            calls += 1;
            if calls.is_multiple_of(BATCH) {
                queue.note_run(clock.now());
                yield_now().await;
            }
        }
        let delay = queue.next_at().map_or(MAX_SLEEP, |at| at.time_left(now).min(MAX_SLEEP));
        let changed = std::pin::pin!(queue.changed.notified());
        let timeout = std::pin::pin!(sleep(&*clock, delay));
        select(timeout, changed).await;
    }
}

impl Queue {
    fn next_due(&self, now: Moment) -> Option<Weak<dyn Scheduled>> {
        let mut entries = self.entries.lock();
        let first = entries.first_entry()?;
        first.key().0.time_left(now).is_zero().then(|| first.remove())
    }

    fn next_at(&self) -> Option<Timestamp> {
        self.entries.lock().first_key_value().map(|((at, _), _)| *at)
    }

    fn note_run(&self, now: Moment) {
        self.last_run.store(nanos(now.monotonic), Ordering::Relaxed);
    }

    fn idle_for(&self, now: Moment) -> Duration {
        Duration::from_nanos(nanos(now.monotonic).saturating_sub(self.last_run.load(Ordering::Relaxed)))
    }
}
