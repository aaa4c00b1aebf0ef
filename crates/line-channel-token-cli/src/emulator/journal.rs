//! The latest requests, and who wants to hear of changes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use line_channel_token::ChannelId;
use line_channel_token::emulator::RequestRecord;
use serde::Serialize;
use tokio::sync::watch;

/// How many requests are kept.
const CAPACITY: usize = 2000;

/// A request with its number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    #[serde(flatten)]
    pub(crate) record: RequestRecord,
}

/// How many requests there were, those that are no longer kept included.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Counts {
    requests: u64,
    refused: u64,
}

/// A bounded list of requests. Readers take what they want from it, so that one that does not read costs nothing.
#[derive(Debug)]
pub(crate) struct Journal {
    inner: Mutex<Inner>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    counts: Counts,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::default(), changes: watch::Sender::new(()) }
    }

    /// Adds a request, and forgets the oldest if there are too many.
    pub(crate) fn record(&self, record: RequestRecord) {
        let mut inner = self.lock();
        inner.counts.requests += 1;
        if record.status.as_u16() >= 400 {
            inner.counts.refused += 1;
        }
        let seq = inner.counts.requests;
        if inner.entries.len() == CAPACITY {
            inner.entries.pop_front();
        }
        inner.entries.push_back(Entry { seq, record });
        drop(inner);
        self.touch();
    }

    /// Says that something has changed.
    pub(crate) fn touch(&self) {
        self.changes.send_replace(());
    }

    /// Is told of each change from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// The number of the latest request.
    pub(crate) fn latest(&self) -> u64 {
        self.lock().counts.requests
    }

    /// The latest requests, the oldest first.
    pub(crate) fn tail(&self, most: usize) -> Vec<Entry> {
        let inner = self.lock();
        inner.entries.iter().skip(inner.entries.len().saturating_sub(most)).cloned().collect()
    }

    /// Those with a greater number, the oldest first, of one channel or of all.
    pub(crate) fn after(&self, seq: u64, channel: Option<&ChannelId>, most: usize) -> Vec<Entry> {
        let inner = self.lock();
        let of_channel = |entry: &&Entry| channel.is_none() || entry.record.channel_id.as_ref() == channel;
        let later = inner.entries.iter().skip(inner.entries.partition_point(|entry| entry.seq <= seq));
        later.filter(of_channel).take(most).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
