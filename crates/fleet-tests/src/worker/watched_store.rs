//! A store on the test's time, whose calls are counted and stop where the test wants it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleet_tests::{FleetClock, StopPoint};
use line_channel_token_cache::store::{Comparison, Revision, Snapshot, StoreError, StoreKey, StoredValue, TokenStore};

use crate::output::{Busy, Output};
use crate::stops::Stops;

#[derive(Debug)]
pub(crate) struct WatchedStore {
    pub(crate) store: Arc<dyn TokenStore>,
    /// For a store whose time is the machine's: the test moves it with this one.
    pub(crate) clock: Option<FleetClock>,
    pub(crate) stops: Stops,
    pub(crate) output: Output,
}

impl WatchedStore {
    fn call(&self) -> Busy {
        self.output.count("store_calls");
        self.output.busy()
    }

    fn on_test_time(&self, snapshot: Snapshot) -> Snapshot {
        let moved = self.clock.as_ref().and_then(|clock| clock.moved_by().ok()).unwrap_or_default();
        Snapshot { now: snapshot.now.saturating_add(moved), ..snapshot }
    }
}

#[async_trait]
impl TokenStore for WatchedStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let _call = self.call();
        Ok(self.on_test_time(self.store.load(key).await?))
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let _call = self.call();
        let stores_token = self.stops.has_issued();
        self.stops.pass(if stores_token { StopPoint::BeforeStoring } else { StopPoint::BeforeLease }).await;
        let comparison = self.store.compare_and_set(key, expected, value, keep_for).await?;
        Ok(match comparison {
            Comparison::Stored(revision) => {
                if stores_token {
                    self.stops.set_issued(false);
                    self.stops.pass(StopPoint::AfterStoring).await;
                }
                Comparison::Stored(revision)
            }
            Comparison::Changed(there) => Comparison::Changed(self.on_test_time(there)),
        })
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        let _call = self.call();
        self.store.set_aside(key, revision).await
    }
}
