//! A store whose time is real, for processes whose time is not.

use std::time::Duration;

use line_channel_token::store::{Comparison, Revision, Snapshot, StoreError, StoreKey, StoredValue, TokenStore};

use line_channel_token::cache::async_trait;

use crate::pace::Pace;

/// Nothing is removed sooner, however fast time runs.
const LEAST: Duration = Duration::from_secs(1);

/// Tells the store's time as the workers' clock would, and divides how long values are kept.
#[derive(Debug)]
pub(crate) struct ScaledStore<S> {
    store: S,
    pace: Pace,
}

impl<S> ScaledStore<S> {
    pub(crate) fn new(store: S, pace: Pace) -> Self {
        Self { store, pace }
    }

    fn scaled(&self, snapshot: Snapshot) -> Snapshot {
        Snapshot { now: self.pace.scaled(snapshot.now), ..snapshot }
    }
}

#[async_trait]
impl<S: TokenStore> TokenStore for ScaledStore<S> {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.store.load(key).await.map(|snapshot| self.scaled(snapshot))
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let keep_for = self.pace.real(keep_for).max(LEAST);
        Ok(match self.store.compare_and_set(key, expected, value, keep_for).await? {
            Comparison::Stored(revision) => Comparison::Stored(revision),
            Comparison::Changed(there) => Comparison::Changed(self.scaled(there)),
        })
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.store.set_aside(key, revision).await
    }
}
