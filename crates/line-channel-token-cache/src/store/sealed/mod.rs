//! STUB
use super::{Comparison, Revision, Snapshot, StoreError, StoreKey, StoredValue, TokenStore};
use std::sync::Arc;
use std::time::Duration;
#[derive(Clone, Debug)]
pub struct SealedStore(Arc<dyn TokenStore>);
#[derive(Clone, Debug)]
pub struct SealingKey(());
impl SealingKey {
    pub fn parse(_: &str) -> Result<Self, StoreError> {
        Ok(Self(()))
    }
}
impl SealedStore {
    pub fn new(s: impl TokenStore, _: SealingKey) -> Self {
        Self(Arc::new(s))
    }
    pub fn with_previous_key(self, _: SealingKey) -> Self {
        self
    }
}
#[async_trait::async_trait]
impl TokenStore for SealedStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.0.load(key).await
    }
    async fn compare_and_set(
        &self,
        key: &StoreKey,
        e: Option<&Revision>,
        v: &StoredValue,
        k: Duration,
    ) -> Result<Comparison, StoreError> {
        self.0.compare_and_set(key, e, v, k).await
    }
    async fn set_aside(&self, key: &StoreKey, r: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.0.set_aside(key, r).await
    }
}
