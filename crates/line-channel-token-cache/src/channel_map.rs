//! The caches of a pool by channel, in shards so that threads rarely contend for a lock.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;
use line_channel_token_core::ChannelId;

use crate::cache::TokenCache;

/// More of them make contention rarer, and an empty pool larger.
const SHARDS: usize = 128;

/// A map in shards, each with a lock of its own.
///
/// No code of users runs under a lock, so none can call back and deadlock: a lookup clones a cache or loads its token, and a cache that
/// leaves is returned, because the drop of the last handle drops a source. The pool changes the map only under the lock of its
/// registry, which makes `len` exact there. The locks are std's under `cfg(shuttle)` too: nothing that shuttle schedules runs under one.
pub(crate) struct ChannelMap {
    shards: Box<[Shard]>,
    hasher: RandomState,
    len: AtomicUsize,
}

/// Aligned, so that no two locks share a cache line, nor a pair that is fetched together.
#[repr(align(128))]
#[derive(Default)]
struct Shard(RwLock<HashMap<ChannelId, TokenCache, RandomState>>);

impl ChannelMap {
    pub(crate) fn new() -> Self {
        let shards = std::iter::repeat_with(Shard::default).take(SHARDS).collect();
        Self { shards, hasher: RandomState::default(), len: AtomicUsize::new(0) }
    }

    /// Lends the channel's cache to `read`, which runs under the lock: it must neither call code of users nor drop a cache.
    #[inline]
    pub(crate) fn with<T>(&self, channel: &ChannelId, read: impl FnOnce(&TokenCache) -> T) -> Option<T> {
        self.shard(channel)?.read().get(channel).map(read)
    }

    pub(crate) fn get(&self, channel: &ChannelId) -> Option<TokenCache> {
        self.with(channel, TokenCache::clone)
    }

    /// Inserts the channel's cache, and returns the one that it replaces.
    pub(crate) fn insert(&self, channel: ChannelId, cache: TokenCache) -> Option<TokenCache> {
        let replaced = self.shard(&channel)?.write().insert(channel, cache);
        self.len.fetch_add(usize::from(replaced.is_none()), Ordering::Relaxed);
        replaced
    }

    pub(crate) fn remove(&self, channel: &ChannelId) -> Option<TokenCache> {
        let removed = self.shard(channel)?.write().remove(channel);
        self.len.fetch_sub(usize::from(removed.is_some()), Ordering::Relaxed);
        removed
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// All caches. One that is inserted or removed meanwhile may be among them or not.
    pub(crate) fn caches(&self) -> Vec<TokenCache> {
        let mut caches = Vec::with_capacity(self.len());
        self.shards.iter().for_each(|shard| caches.extend(shard.read().values().cloned()));
        caches
    }

    #[inline]
    fn shard(&self, channel: &ChannelId) -> Option<&Shard> {
        let hash = self.hasher.hash_one(channel) as usize;
        self.shards.get(hash % SHARDS)
    }
}

impl Shard {
    fn read(&self) -> RwLockReadGuard<'_, HashMap<ChannelId, TokenCache, RandomState>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<ChannelId, TokenCache, RandomState>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use line_channel_token_core::{AccessToken, ChannelId};

    use super::{ChannelMap, SHARDS};
    use crate::cache::TokenCache;
    use crate::sources::StaticSource;

    fn channel(number: usize) -> ChannelId {
        ChannelId::new((1_000_000_000 + number).to_string()).unwrap()
    }

    fn cache() -> TokenCache {
        TokenCache::new(StaticSource::new(AccessToken::new("token").unwrap()))
    }

    #[test]
    fn entries_are_found_until_they_are_removed() {
        let map = ChannelMap::new();
        assert!((0..1_000).all(|number| map.insert(channel(number), cache()).is_none()));
        assert_eq!((map.len(), map.caches().len()), (1_000, 1_000));
        assert!((0..1_000).all(|number| map.get(&channel(number)).is_some()));
        assert!(map.insert(channel(0), cache()).is_some());
        assert_eq!(map.len(), 1_000, "the second one replaces the first");
        assert!((0..500).all(|number| map.remove(&channel(number)).is_some()));
        assert!(map.remove(&channel(0)).is_none());
        assert_eq!((map.len(), map.caches().len()), (500, 500));
        assert!(map.get(&channel(0)).is_none() && map.get(&channel(500)).is_some());
    }

    #[test]
    fn channels_spread_over_all_shards() {
        let map = ChannelMap::new();
        (0..SHARDS * 32).for_each(|number| drop(map.insert(channel(number), cache())));
        let sizes: Vec<usize> = map.shards.iter().map(|shard| shard.read().len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), map.len.load(Ordering::Relaxed));
        assert!(sizes.iter().all(|size| (8..=96).contains(size)), "{sizes:?}");
    }
}
