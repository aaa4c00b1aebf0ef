//! When which callback is due: one task for a cache, or for a whole pool.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{BoxFuture, select};
use line_channel_token_core::{Clock, Moment};
use tokio::sync::Notify;

use crate::decide::{Timestamp, wait_left};
use crate::sync::{Mutex, Runtime, Task};

/// Upper bound for a timer: timers of the operating system stand still while the machine is suspended, so a longer one could
/// fire late.
pub(crate) const MAX_SLEEP: Duration = Duration::from_secs(10);
/// If the first entry is overdue by this much, the task's runtime is stalled, and another task takes over.
const OVERDUE: Duration = Duration::from_secs(30);
/// After so many callbacks the task lets others run.
const BATCH: usize = 32;

/// What a timer calls.
pub(crate) trait Scheduled: Send + Sync {
    /// Does what is due. The timer waits for the returned future before it goes on to the next entry.
    fn run_due(self: Arc<Self>) -> Option<BoxFuture<'static, ()>>;

    /// The timer's task has ended with its runtime: whoever comes next starts another.
    fn timer_ended(&self);
}

/// Ends its task when it is dropped.
#[derive(Default)]
pub(crate) struct Timer {
    queue: Arc<Queue>,
    task: Mutex<Option<Task>>,
}

/// By the monotonic clock. The address tells entries of the same moment apart.
type Key = (Timestamp, usize);

#[derive(Default)]
struct Queue {
    entries: Mutex<BTreeMap<Key, Weak<dyn Scheduled>>>,
    changed: Notify,
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

    /// Takes out the entry of a callback that is no more.
    pub(crate) fn cancel<S>(&self, at: Timestamp, callback: &S) {
        self.queue.entries.lock().remove(&(at, std::ptr::from_ref(callback).addr()));
    }

    /// Starts the task if there is none, or if its runtime has ended or is stalled. Outside of a runtime there is none for
    /// now. Not under a cache's lock.
    pub(crate) fn ensure_task(&self, clock: &Arc<dyn Clock>, now: Moment) {
        let Some(first) = self.queue.next_at() else { return };
        let is_overdue = wait_left(OVERDUE, first, now).is_zero();
        // Declared first, so that it is dropped after the lock is released.
        let _before;
        let mut task = self.task.lock();
        if task.as_ref().is_some_and(|task| !task.is_finished()) && !is_overdue {
            return;
        }
        let Ok(runtime) = Runtime::current() else { return };
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
        let mut now = clock.now();
        let mut calls = 0_usize;
        while let Some(callback) = queue.next_due(now) {
            // It may be the last handle, with which the timer and this task end.
            let wait = callback.upgrade().and_then(Scheduled::run_due);
            if let Some(wait) = wait {
                wait.await;
                now = clock.now();
            }
            calls += 1;
            if calls.is_multiple_of(BATCH) {
                yield_now().await;
            }
        }
        let sleep = queue.next_at().map_or(MAX_SLEEP, |at| at.time_left(now).min(MAX_SLEEP));
        let changed = std::pin::pin!(queue.changed.notified());
        select(clock.nap(sleep), changed).await;
    }
}

/// Lets other tasks run, under every executor.
async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
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
}
