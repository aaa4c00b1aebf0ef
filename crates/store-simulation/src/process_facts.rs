//! What is known of one process, to judge what it does.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use line_channel_token_cache::store::StoreErrorKind;

/// What is known of one process.
#[derive(Debug, Default)]
pub(crate) struct ProcessFacts {
    pub(crate) node: u32,
    /// Whether its last call of the store failed, as far as it can tell.
    pub(crate) store_failed: bool,
    /// The call of its source that is under way.
    pub(crate) asking: Option<Asking>,
    /// What it last said of the store, and how often since the store or the network has changed.
    pub(crate) told_unavailable: Option<StoreErrorKind>,
    pub(crate) told_since: (u64, u32),
    /// How many tokens it got of LINE after the store had failed, and how many it told.
    pub(crate) without_store: u32,
    pub(crate) told_without_store: u32,
    /// Tokens that it has seen refused.
    pub(crate) refused: BTreeSet<u64>,
    pub(crate) store_calls: CallTimes,
    pub(crate) line_calls: CallTimes,
    /// What it served last.
    pub(crate) served: Option<u64>,
}

impl ProcessFacts {
    /// Whether what it asks of LINE is asked without the store.
    pub(crate) fn is_without_store(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.is_without_store)
    }
}

/// A call of a source.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) begun_at: Duration,
    /// The valid token that its node holds meanwhile.
    pub(crate) holds: Option<u64>,
    /// Whether the store has responded to it.
    pub(crate) has_read: bool,
    /// Whether something happened meanwhile that may cost its process the lease.
    pub(crate) had_trouble: bool,
    pub(crate) was_paused: bool,
    pub(crate) has_called_line: bool,
    /// Whether its store had failed when it called LINE.
    pub(crate) is_without_store: bool,
}

impl Asking {
    pub(crate) fn new(begun_at: Duration, holds: Option<u64>) -> Self {
        Self {
            begun_at,
            holds,
            has_read: false,
            had_trouble: false,
            was_paused: false,
            has_called_line: false,
            is_without_store: false,
        }
    }
}

/// When the last calls were made.
#[derive(Debug, Default)]
pub(crate) struct CallTimes(VecDeque<Duration>);

impl CallTimes {
    /// Notes a call, and returns how many there were within `window`.
    pub(crate) fn add(&mut self, now: Duration, window: Duration) -> usize {
        while self.0.front().is_some_and(|at| now.saturating_sub(*at) >= window) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        self.0.len()
    }
}
