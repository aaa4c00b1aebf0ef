//! How many calls the caches of a pool may have under way at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inner::Inner;
use crate::sync::Mutex;

/// Bounds the calls of a pool, and keeps a part of them for callers who wait: a background flight takes a slot, of which
/// there are fewer than calls, or queues for one.
pub(crate) struct Dock {
    calls: Arc<Semaphore>,
    slots: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    queue: VecDeque<Weak<Inner>>,
    /// Whether somebody is at it to hand out free slots.
    handing_out: bool,
}

/// A background flight's place; given back when dropped.
pub(crate) struct Slot(Arc<Dock>);

impl Dock {
    pub(crate) fn new(calls: usize) -> Self {
        let calls = calls.max(1);
        // An eighth is for callers who wait; a single call serves all.
        let slots = (calls - calls / 8).min(calls - 1).max(1);
        Self { calls: Arc::new(Semaphore::new(calls)), slots, state: Mutex::default() }
    }

    /// Waits for its turn to call.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.calls).acquire_owned().await.ok()
    }

    /// A slot, or a place in the queue for one; under one lock, so that a slot that is given back meanwhile is not missed.
    pub(crate) fn slot_or_queue(dock: &Arc<Self>, cache: impl FnOnce() -> Weak<Inner>) -> Option<Slot> {
        let mut state = dock.state.lock();
        if state.taken >= dock.slots {
            state.queue.push_back(cache());
            return None;
        }
        state.taken += 1;
        Some(Slot(Arc::clone(dock)))
    }

    /// Hands out the free slots, in a loop: what gives one back while this runs leaves it to this.
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
        let next = if state.taken < self.slots { state.queue.pop_front() } else { None };
        state.handing_out = next.is_some();
        next
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.state.lock().taken -= 1;
        self.0.hand_out();
    }
}
