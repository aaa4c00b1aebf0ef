//! The faults in force, and which of them a request meets.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use line_channel_token_core::ChannelId;

use crate::fault::Fault;
use crate::fault_state::FaultState;
use crate::request_subject::RequestSubject;

/// A fault that a request has met, which is counted.
#[derive(Debug)]
pub(crate) struct MetFault {
    pub(crate) id: u64,
    pub(crate) fault: Arc<Fault>,
    pub(crate) subject: RequestSubject,
}

/// The faults in force, oldest first.
#[derive(Default)]
pub(crate) struct FaultList {
    /// Whether there is any, so that a request need not take the lock otherwise.
    any: AtomicBool,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    last_id: u64,
    entries: Vec<Entry>,
}

struct Entry {
    id: u64,
    fault: Arc<Fault>,
    used: u64,
}

impl Entry {
    fn remaining(&self) -> Option<u64> {
        self.fault.times.map(|times| times.saturating_sub(self.used))
    }
}

impl FaultList {
    pub(crate) fn add(&self, fault: Fault) -> u64 {
        let mut list = self.lock();
        list.last_id += 1;
        let id = list.last_id;
        list.entries.push(Entry { id, fault: Arc::new(fault), used: 0 });
        self.any.store(true, Ordering::Release);
        id
    }

    /// The oldest fault that is for this request. It is counted, and gone if that was the last time.
    pub(crate) fn meet(&self, subject: impl FnOnce() -> Option<RequestSubject>) -> Option<MetFault> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let subject = subject()?;
        let mut list = self.lock();
        let index = list.entries.iter().position(|entry| entry.fault.is_for(&subject))?;
        let entry = list.entries.get_mut(index)?;
        entry.used += 1;
        let met = MetFault { id: entry.id, fault: Arc::clone(&entry.fault), subject };
        if entry.remaining() == Some(0) {
            list.entries.remove(index);
            self.any.store(!list.entries.is_empty(), Ordering::Release);
        }
        Some(met)
    }

    pub(crate) fn states(&self) -> Vec<FaultState> {
        let state = |entry: &Entry| FaultState {
            id: entry.id,
            fault: (*entry.fault).clone(),
            remaining: entry.remaining(),
            used: entry.used,
        };
        self.lock().entries.iter().map(state).collect()
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        self.retain(|entry| entry.id != id) > 0
    }

    pub(crate) fn clear(&self) {
        self.retain(|_| false);
    }

    pub(crate) fn clear_channel(&self, channel: &ChannelId) {
        self.retain(|entry| entry.fault.channel.as_ref() != Some(channel));
    }

    /// Returns how many are gone.
    fn retain(&self, keep: impl FnMut(&Entry) -> bool) -> usize {
        let mut list = self.lock();
        let before = list.entries.len();
        list.entries.retain(keep);
        self.any.store(!list.entries.is_empty(), Ordering::Release);
        before - list.entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FaultList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.states()).finish()
    }
}
