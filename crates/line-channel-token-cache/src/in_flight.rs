//! A refresh in flight, and those who wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_core::{Clock, Error, Moment};
use tokio::sync::watch;

use crate::decide::nanos;
use crate::limiter::{Lane, Permit};
use crate::sync::{Mutex, Task};
use crate::token::CachedToken;

pub(crate) type RefreshResult = Result<Arc<CachedToken>, Error>;

/// A running refresh reports progress this often.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// A waiter looks at the progress after the first time, and gives the refresh up if there was none for the second.
const LOOK_AFTER: Duration = Duration::from_secs(2);
const STALLED_AFTER: Duration = Duration::from_secs(3);
/// A refresh that is this late after its deadline runs on a stalled runtime.
const OVERDUE: Duration = Duration::from_secs(5);

/// A refresh in flight, as the cache holds it. Its task ends when this is dropped, which must not be under a lock.
pub(crate) struct InFlight {
    pub(crate) id: u64,
    pub(crate) lane: Lane,
    /// Whether the source was replaced meanwhile: then a failure says nothing.
    pub(crate) outdated: bool,
    call: Arc<Call>,
    result: watch::Receiver<Option<RefreshResult>>,
}

/// What the task of a refresh shares with the cache and the waiters.
pub(crate) struct Call {
    begun_at: Moment,
    /// The number of its slot in the issue log, once the source is called; 0 before.
    serial: AtomicU64,
    progress: AtomicU64,
    /// By the monotonic clock, in nanoseconds.
    deadline: AtomicU64,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    task: Option<Task>,
    permit: Option<Permit>,
    ended: bool,
}

/// Waits for a refresh. It may be dropped at any moment.
pub(crate) struct Waiter {
    pub(crate) id: u64,
    call: Arc<Call>,
    result: watch::Receiver<Option<RefreshResult>>,
}

/// The outcome of a wait.
pub(crate) enum Waited {
    Done(RefreshResult),
    /// The refresh was cancelled: its runtime has ended, or it panicked.
    Cancelled,
    /// The refresh makes no progress: its runtime is stalled.
    Stalled,
    /// The waiter's own patience is over.
    TimedOut,
}

impl InFlight {
    /// A refresh, and the sender for its task.
    pub(crate) fn new(
        id: u64,
        lane: Lane,
        permit: Option<Permit>,
        now: Moment,
    ) -> (Self, Arc<Call>, watch::Sender<Option<RefreshResult>>) {
        let (sender, result) = watch::channel(None);
        let call = Arc::new(Call {
            begun_at: now,
            serial: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            deadline: AtomicU64::new(u64::MAX),
            running: Mutex::new(Running { permit, ..Running::default() }),
        });
        (Self { id, lane, outdated: false, call: Arc::clone(&call), result }, call, sender)
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { id: self.id, call: Arc::clone(&self.call), result: self.result.clone() }
    }

    /// The number of its slot in the issue log, if the source has been called.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.call.serial()
    }

    pub(crate) fn is_overdue(&self, now: Moment) -> bool {
        self.call.deadline.load(Ordering::Relaxed).saturating_add(nanos(OVERDUE)) < nanos(now.monotonic)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.call.end();
    }
}

impl Call {
    pub(crate) fn serial(&self) -> Option<u64> {
        Some(self.serial.load(Ordering::Relaxed)).filter(|serial| *serial > 0)
    }

    pub(crate) fn set_serial(&self, serial: u64) {
        self.serial.store(serial, Ordering::Relaxed);
    }

    pub(crate) fn set_deadline(&self, deadline: Moment) {
        self.deadline.store(nanos(deadline.monotonic), Ordering::Relaxed);
    }

    pub(crate) fn report_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn has_permit(&self) -> bool {
        self.running.lock().permit.is_some()
    }

    /// Holds the permit until the end; gives it back at once if that has come already.
    pub(crate) fn hold(&self, permit: Permit) {
        let mut running = self.running.lock();
        let unused = if running.ended { Some(permit) } else { running.permit.replace(permit) };
        drop(running);
        drop(unused);
    }

    /// Ends the task with the cache that holds the refresh.
    pub(crate) fn set_task(&self, task: Task) {
        let mut running = self.running.lock();
        let unused = if running.ended { Some(task) } else { running.task.replace(task) };
        drop(running);
        drop(unused);
    }

    fn end(&self) {
        let mut running = self.running.lock();
        running.ended = true;
        let ended = (running.task.take(), running.permit.take());
        drop(running);
        drop(ended);
    }
}

impl Waiter {
    /// How long the refresh has been in flight.
    pub(crate) fn elapsed(&self, now: Moment) -> Duration {
        now.monotonic.saturating_sub(self.call.begun_at.monotonic)
    }

    /// Waits for the result: no longer than `patience`, or else for as long as the refresh makes progress.
    pub(crate) async fn wait(mut self, clock: &dyn Clock, patience: Option<Duration>) -> Waited {
        let call = self.call;
        let result = std::pin::pin!(async move {
            match self.result.wait_for(Option::is_some).await {
                Ok(result) => result.clone().map_or(Waited::Cancelled, Waited::Done),
                Err(_) => Waited::Cancelled,
            }
        });
        let timeout = std::pin::pin!(async move {
            if let Some(patience) = patience {
                clock.nap(patience).await;
                return Waited::TimedOut;
            }
            loop {
                clock.nap(LOOK_AFTER).await;
                let seen = call.progress.load(Ordering::Relaxed);
                clock.nap(STALLED_AFTER).await;
                if call.progress.load(Ordering::Relaxed) == seen {
                    return Waited::Stalled;
                }
            }
        });
        match select(result, timeout).await {
            Either::Left((waited, _)) | Either::Right((waited, _)) => waited,
        }
    }
}
