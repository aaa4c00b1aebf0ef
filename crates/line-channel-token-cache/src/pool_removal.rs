//! How channels leave a pool for good: one is removed, or the pool is shut down.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use line_channel_token_core::{ChannelId, Moment};

use crate::cache::TokenCache;
use crate::eviction::release_caches;
use crate::issue::RetireReason;
use crate::pool::{Inner, TokenPool};
use crate::shutdown::{RevocationReport, Shutdown};
use crate::state::RemovalCause;

/// A channel that hangs takes at most this share of the time of a shutdown, so that those behind it have their turn.
const SHARE_OF_SHUTDOWN: u32 = 4;
/// How many channels are shut down at a time. LINE's rate limits are for each channel.
const REVOCATIONS_AT_ONCE: usize = 1024;

impl TokenPool {
    /// Removes a channel, as one that left the platform, and says whether there was one. Its token is not served any more, and
    /// its source's [`retire`](crate::TokenSource::retire) is called; a source that can revoke does so in the background, also for a token that
    /// a call in flight still brings. The next call for the channel makes a new source, which is asked at once; the channel's
    /// budget is remembered.
    pub fn remove(&self, channel: &ChannelId) -> bool {
        let now = self.0.settings.clock.now();
        self.0.remove(channel, now).is_some()
    }

    /// The same, and waits until the channel's tokens are revoked, within `limit`: for a tenant whose credentials are deleted
    /// next. Returns what was done and left undone; `None` if there was no such channel.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use line_channel_token_cache::{StaticSource, TokenPool};
    /// # use line_channel_token_core::{AccessToken, ChannelId};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    /// let channel = ChannelId::new("1234567890")?;
    /// pool.warm_up(&channel).await?;
    /// if let Some(report) = pool.remove_and_revoke(&channel, Duration::from_secs(10)).await {
    ///     assert_eq!(report.left_to_expire, 1, "a long-lived token cannot be revoked");
    /// }
    /// assert!(pool.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn remove_and_revoke(&self, channel: &ChannelId, limit: Duration) -> Option<RevocationReport> {
        let now = self.0.settings.clock.now();
        let removed = self.0.remove(channel, now);
        let mut caches = self.0.registry.lock().evicted.leaving_of(channel, now);
        caches.extend(removed.filter(|removed| {
            let is_removed = |cache: &TokenCache| Arc::ptr_eq(cache.shared(), removed.shared());
            !caches.iter().any(is_removed)
        }));
        if caches.is_empty() {
            return None;
        }
        let at_once = caches.len();
        Some(finish_all(caches, at_once, move || limit, Some(RetireReason::Removed)).await)
    }

    /// Starts no further call for a token, waits for those that are in flight, and revokes the tokens that wait for that; the
    /// current ones too, if `how` says so. It takes no longer than the limit of `how`, and reports what it left undone.
    pub async fn shutdown(&self, how: Shutdown) -> RevocationReport {
        let clock = Arc::clone(&self.0.settings.clock);
        let mut caches = {
            let registry = self.0.registry.lock();
            // Under the lock, so that no channel comes after this.
            self.0.closed.store(true, Ordering::SeqCst);
            registry.evicted.leaving()
        };
        caches.extend(self.0.channels.caches());
        for cache in &caches {
            cache.shared().close();
        }
        let end = clock.now().monotonic.saturating_add(how.limit());
        let reason = how.revokes_current().then_some(RetireReason::Shutdown);
        let share = if caches.len() > REVOCATIONS_AT_ONCE { how.limit() / SHARE_OF_SHUTDOWN } else { how.limit() };
        finish_all(caches, REVOCATIONS_AT_ONCE, move || end.saturating_sub(clock.now().monotonic).min(share), reason)
            .await
    }
}

impl Inner {
    fn remove(&self, channel: &ChannelId, now: Moment) -> Option<TokenCache> {
        // What is dropped holds sources, user code: after the lock is released.
        let dropped;
        let mut scanned = Vec::new();
        let mut registry = self.registry.lock();
        let cache = self.channels.remove(channel)?;
        cache.shared().leave_pool(RemovalCause::Removed, now);
        dropped = registry.evicted.insert(channel, &cache, now);
        registry.queue.prune(self.channels.len(), &mut scanned);
        drop(registry);
        release_caches(dropped);
        drop(scanned);
        cache.shared().ensure_timer(now);
        Some(cache)
    }
}

/// Finishes caches, `at_once` at a time. `limit` is called when it is a cache's turn.
async fn finish_all(
    caches: Vec<TokenCache>,
    at_once: usize,
    limit: impl Fn() -> Duration + Clone + Send + 'static,
    reason: Option<RetireReason>,
) -> RevocationReport {
    let finishing = stream::iter(caches).map(move |cache| {
        let limit = limit.clone();
        async move { cache.shared().finish(limit(), reason).await }.boxed()
    });
    let mut reports = finishing.buffer_unordered(at_once);
    let mut all = RevocationReport::default();
    while let Some(report) = reports.next().await {
        all.add(report);
    }
    all
}
