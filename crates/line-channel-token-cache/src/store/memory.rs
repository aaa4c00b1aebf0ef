//! A store in the memory of one process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{Clock, SystemClock};

use super::store_error::StoreError;
use super::store_key::StoreKey;
use super::token_store::{Comparison, Revision, Snapshot, StoredEntry, StoredValue, TokenStore};

/// A store in the memory of one process: for tests, and for caches of one process that share a channel. Its handles share one memory.
///
/// ```
/// use line_channel_token_cache::store::MemoryStore;
///
/// let store = MemoryStore::new();
/// assert!(store.is_empty());
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    values: Arc<Mutex<HashMap<StoreKey, Kept>>>,
    clock: Arc<dyn Clock>,
}

struct Kept {
    entry: StoredEntry,
    until: Duration,
}

impl MemoryStore {
    /// An empty store, by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { values: Arc::default(), clock: Arc::new(SystemClock) }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Whether it holds no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    /// Forgets all values, as a store that is restarted without them.
    pub fn clear(&self) {
        self.values().clear();
    }

    fn values(&self) -> MutexGuard<'_, HashMap<StoreKey, Kept>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(entry: Option<&Kept>, now: Duration) -> Snapshot {
        Snapshot { now, entry: entry.filter(|kept| kept.until > now).map(|kept| kept.entry.clone()) }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("values", &self.values().len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let now = self.clock.now().unix;
        Ok(Self::snapshot(self.values().get(key), now))
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let now = self.clock.now().unix;
        let mut values = self.values();
        let found = Self::snapshot(values.get(key), now);
        if found.entry.as_ref().map(|entry| &entry.revision) != expected {
            return Ok(Comparison::Changed(found));
        }
        let revision = Revision::new(format!("{:032x}", fastrand::u128(..)));
        let entry = StoredEntry { value: value.clone(), revision: revision.clone() };
        values.insert(key.clone(), Kept { entry, until: now.saturating_add(keep_for) });
        Ok(Comparison::Stored(revision))
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        if let Entry::Occupied(kept) = self.values().entry(key.clone())
            && Some(&kept.get().entry.revision) == revision
        {
            kept.remove();
        }
        Ok(None)
    }
}
