//! How many calls the caches of a pool may have under way at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inner::Inner;
use crate::sync::Mutex;

/// Bounds the calls of a pool. A flight in the background takes a berth only where enough are left for callers who wait,
/// and queues otherwise; a caller who waits is the next to get one.
pub(crate) struct Dock {
    calls: Arc<Semaphore>,
    /// How many flights in the background there may be.
    slots: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_background: usize,
    queue: VecDeque<Weak<Inner>>,
    /// Whether somebody is at it to hand out berths.
    handing_out: bool,
}

/// A flight's place; given back when dropped, which must not be under a cache's lock.
pub(crate) struct Berth {
    permit: Option<OwnedSemaphorePermit>,
    in_background: bool,
    dock: Arc<Dock>,
}

impl Dock {
    pub(crate) fn new(calls: usize) -> Self {
        let calls = calls.clamp(1, Semaphore::MAX_PERMITS);
        // An eighth is for callers who wait; a single call serves all.
        let slots = (calls - calls / 8).min(calls - 1).max(1);
        Self { calls: Arc::new(Semaphore::new(calls)), slots, state: Mutex::default() }
    }

    /// A berth for a caller who waits, where there is one at once.
    pub(crate) fn berth_now(dock: &Arc<Self>) -> Option<Berth> {
        let permit = Arc::clone(&dock.calls).try_acquire_owned().ok()?;
        Some(Berth { permit: Some(permit), in_background: false, dock: Arc::clone(dock) })
    }

    /// A berth for a caller who waits. The caller holds the place in the queue, and gives it up by giving up.
    pub(crate) async fn berth(dock: &Arc<Self>) -> Berth {
        // It is never closed.
        let permit = Arc::clone(&dock.calls).acquire_owned().await.ok();
        Berth { permit, in_background: false, dock: Arc::clone(dock) }
    }

    /// A berth for a flight in the background, or a place in the queue for one; under one lock, so that a berth that is
    /// given back meanwhile is not missed.
    pub(crate) fn berth_or_queue(dock: &Arc<Self>, cache: impl FnOnce() -> Weak<Inner>) -> Option<Berth> {
        let mut state = dock.state.lock();
        let permit =
            if state.in_background < dock.slots { Arc::clone(&dock.calls).try_acquire_owned().ok() } else { None };
        if permit.is_none() {
            state.queue.push_back(cache());
            return None;
        }
        state.in_background += 1;
        Some(Berth { permit, in_background: true, dock: Arc::clone(dock) })
    }

    /// Hands out what is free, in a loop: what gives a berth back while this runs leaves it to this.
    fn hand_out(&self) {
        if std::mem::replace(&mut self.state.lock().handing_out, true) {
            return;
        }
        while let Some(cache) = self.next() {
            if let Some(cache) = cache.upgrade() {
                cache.leave_queue();
            }
        }
    }

    /// Who is next; where nobody is, the handing out is over.
    fn next(&self) -> Option<Weak<Inner>> {
        let mut state = self.state.lock();
        let free = state.in_background < self.slots && self.calls.available_permits() > 0;
        let next = if free { state.queue.pop_front() } else { None };
        state.handing_out = next.is_some();
        next
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        // Before the lock is taken: whoever queues from then on sees that it is free.
        self.permit = None;
        if self.in_background {
            self.dock.state.lock().in_background -= 1;
        }
        self.dock.hand_out();
    }
}
