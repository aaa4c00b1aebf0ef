//! A refresh in flight, and its waiters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_core::{Clock, Error, Moment};
use tokio::sync::watch;

use crate::decide::{Timestamp, delay_left, nanos};
use crate::limiter::Permit;
use crate::sync::{Mutex, Task};
use crate::token::CachedToken;
use crate::wait::sleep;

pub(crate) type RefreshResult = Result<Arc<CachedToken>, Error>;

/// A running refresh reports progress this often.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// A waiter checks the progress after `CHECK_AFTER`, which doubles, and takes the refresh for stalled if there is none for
/// `STALLED_AFTER`.
const CHECK_AFTER: Duration = Duration::from_secs(2);
const STALLED_AFTER: Duration = Duration::from_secs(3);
/// The same for readers, who check only now and then.
const STALLED_BETWEEN_CHECKS: Duration = Duration::from_secs(5);
/// A refresh that is this late after its deadline runs on a stalled runtime.
const OVERDUE: Duration = Duration::from_secs(5);

/// A refresh in flight, as the cache holds it. Its task ends when this is dropped, which must not be under a lock.
pub(crate) struct InFlight {
    pub(crate) id: u32,
    /// Whether the source was replaced meanwhile: then a failure says nothing, and the next caller starts another.
    pub(crate) outdated: bool,
    /// The progress at the last check, and when that was first seen.
    seen: Option<(u64, Timestamp)>,
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
    aborted: bool,
    released: bool,
}

/// Waits for a refresh. It may be dropped at any moment.
pub(crate) struct Waiter {
    pub(crate) id: u32,
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
    /// The waiter's `max_wait` is over.
    TimedOut,
}

impl InFlight {
    /// A refresh, and the sender for its task.
    pub(crate) fn new(
        id: u32,
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
        (Self { id, outdated: false, seen: None, call: Arc::clone(&call), result }, call, sender)
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { id: self.id, call: Arc::clone(&self.call), result: self.result.clone() }
    }

    /// The number of its slot in the issue log, if the source has been called.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.call.serial()
    }

    /// Whether it makes no progress between two checks. One is not enough: its task may just not have had its turn.
    pub(crate) fn is_stalled(&mut self, now: Moment) -> bool {
        let progress = self.call.progress.load(Ordering::Relaxed);
        match self.seen {
            Some((seen, since)) if seen == progress => delay_left(STALLED_BETWEEN_CHECKS, since, now).is_zero(),
            _ => {
                self.seen = Some((progress, now.into()));
                false
            }
        }
    }

    /// Releases the permit of a call that may never end.
    pub(crate) fn release_permit(&self) {
        self.call.release();
    }

    pub(crate) fn is_overdue(&self, now: Moment) -> bool {
        self.call.deadline.load(Ordering::Relaxed).saturating_add(nanos(OVERDUE)) < nanos(now.monotonic)
    }

    pub(crate) fn begun_at(&self) -> Moment {
        self.call.begun_at
    }

    /// How long it has been in flight.
    pub(crate) fn elapsed(&self, now: Moment) -> Duration {
        self.call.elapsed(now)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.call.abort();
    }
}

impl Call {
    fn elapsed(&self, now: Moment) -> Duration {
        now.monotonic.saturating_sub(self.begun_at.monotonic)
    }

    /// Counts the call among the unhealthy ones.
    pub(crate) fn becomes_unhealthy(&self) {
        // Not under the lock: it starts others.
        let permit = self.running.lock().permit.take();
        if let Some(mut permit) = permit {
            permit.becomes_unhealthy();
            self.hold(permit);
        }
    }

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

    /// Holds the permit until it is released; at once if that has happened already.
    pub(crate) fn hold(&self, permit: Permit) {
        let mut running = self.running.lock();
        let unused = if running.released { Some(permit) } else { running.permit.replace(permit) };
        drop(running);
        drop(unused);
    }

    /// Ends the task with the cache that holds the refresh.
    pub(crate) fn set_task(&self, task: Task) {
        let mut running = self.running.lock();
        let unused = if running.aborted { Some(task) } else { running.task.replace(task) };
        drop(running);
        drop(unused);
    }

    /// Aborts the task, which releases the permit when it ends.
    fn abort(&self) {
        let mut running = self.running.lock();
        running.aborted = true;
        let task = running.task.take();
        drop(running);
        drop(task);
    }

    /// Releases the permit: the call is over, or may never be.
    pub(crate) fn release(&self) {
        let mut running = self.running.lock();
        running.released = true;
        let permit = running.permit.take();
        drop(running);
        drop(permit);
    }
}

impl Waiter {
    /// How long the refresh has been in flight.
    pub(crate) fn elapsed(&self, now: Moment) -> Duration {
        self.call.elapsed(now)
    }

    /// Waits for the result: no longer than `max_wait`, or else for as long as the refresh makes progress.
    pub(crate) async fn wait(mut self, clock: &dyn Clock, max_wait: Option<Duration>) -> Waited {
        let call = self.call;
        let result = std::pin::pin!(async move {
            match self.result.wait_for(Option::is_some).await {
                Ok(result) => result.clone().map_or(Waited::Cancelled, Waited::Done),
                Err(_) => Waited::Cancelled,
            }
        });
        let timeout = std::pin::pin!(async move {
            if let Some(max_wait) = max_wait {
                sleep(clock, max_wait).await;
                return Waited::TimedOut;
            }
            let mut check_after = CHECK_AFTER;
            loop {
                sleep(clock, check_after).await;
                let seen = call.progress.load(Ordering::Relaxed);
                sleep(clock, STALLED_AFTER).await;
                check_after *= 2;
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
