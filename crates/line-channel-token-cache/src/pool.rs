//! A cache for each of many channels.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use line_channel_token_core::{ChannelId, Error, Moment};

use crate::builder::{MakeSource, TokenPoolBuilder};
use crate::cache::TokenCache;
use crate::channel_map::ChannelMap;
use crate::decide::admission::is_closed;
use crate::eviction::{EvictedChannels, UseQueue};
use crate::issue::RetireReason;
use crate::limiter::Limiter;
use crate::reconcile::Reconciliation;
use crate::shared::{Settings, Shared};
use crate::shutdown::{RevocationReport, Shutdown};
use crate::source::TokenSource;
use crate::state::RemovalCause;
use crate::status::CacheStatus;
use crate::sync::Mutex;
use crate::token::CachedToken;

/// A channel that hangs takes at most this share of the time of a shutdown, so that those behind it have their turn.
const SHARE_OF_SHUTDOWN: u32 = 4;
/// So many channels are shut down at a time. LINE's rate limits are for each channel.
const REVOCATIONS_AT_ONCE: usize = 1024;

/// Hands out a valid token of each of many channels.
///
/// Each channel has a [`TokenCache`] of its own, made on demand; all that is said there holds for each. Reading a warm
/// token waits for no call, and shares a lock for some nanoseconds with reads of a 128th of the channels. Past a bound the
/// channels that were not used for long are evicted, and the calls of all channels together are bounded. A clone is a further
/// handle on the same pool; with the last one its tasks end.
///
/// ```
/// use line_channel_token_cache::{StatelessSource, TokenPool};
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// # use line_channel_token_mock::{MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// # let client = line.client();
/// let pool = TokenPool::builder(move |channel| {
///     let secret = ChannelSecret::new("s3cret")?; // of this channel
///     Ok(StatelessSource::from_secret(client.clone(), channel.clone(), secret))
/// })
/// # .clock(std::sync::Arc::new(line.clock().clone()))
/// .build();
/// let token = pool.token(&ChannelId::new("1234567890")?).await?;
/// # assert_eq!(token.header_value(), "Bearer the-token");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenPool(Arc<Inner>);

struct Inner {
    make: MakeSource,
    settings: Arc<Settings>,
    channels: ChannelMap,
    max_capacity: usize,
    /// Also the lock under which channels come and go.
    registry: Mutex<Registry>,
    closed: AtomicBool,
}

#[derive(Default)]
struct Registry {
    queue: UseQueue,
    evicted: EvictedChannels,
}

impl TokenPool {
    /// A pool that makes the source of a channel with `make`, when a token of the channel is first asked for.
    ///
    /// What `make` fails with is what the caller gets; it is asked again for the next call. It should not block: a source
    /// that has to look up its credentials does that in [`TokenSource::issue`], as [`LookupSource`](crate::LookupSource) does.
    pub fn builder<S: TokenSource>(
        make: impl Fn(&ChannelId) -> Result<S, Error> + Send + Sync + 'static,
    ) -> TokenPoolBuilder {
        TokenPoolBuilder::new(make)
    }

    /// A valid token of the channel: see [`TokenCache::token`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::token`]; and what the function failed with that makes the sources.
    pub async fn token(&self, channel: &ChannelId) -> Result<Arc<CachedToken>, Error> {
        if let Some(token) = self.0.try_fresh(channel) {
            return Ok(token);
        }
        // In a box, so that the future of a read that needs no wait stays small.
        Box::pin(async move {
            loop {
                let cache = self.0.find_or_insert(channel)?;
                let outcome = cache.token().await;
                if !self.0.has_left(&outcome) {
                    return outcome;
                }
            }
        })
        .await
    }

    /// A token of the channel that is valid for at least `min_ttl` longer: see [`TokenCache::token_with_min_ttl`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::token_with_min_ttl`]; and what the function failed with that makes the sources.
    pub async fn token_with_min_ttl(&self, channel: &ChannelId, min_ttl: Duration) -> Result<Arc<CachedToken>, Error> {
        loop {
            let cache = self.0.find_or_insert(channel)?;
            let outcome = cache.token_with_min_ttl(min_ttl).await;
            if !self.0.has_left(&outcome) {
                return outcome;
            }
        }
    }

    /// Lends the channel's token to `read` while it is valid: see [`TokenCache::with_token`]. `None` also for a channel that was not
    /// asked for yet.
    pub fn with_token<T>(&self, channel: &ChannelId, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        // Not under the lock of the map: it is user code.
        let fresh = self.0.channels.with(channel, |cache| cache.shared().fresh()).flatten();
        match fresh.as_deref() {
            Some(Some(token)) => Some(read(token)),
            _ => self.0.find(channel)?.with_token(read),
        }
    }

    /// Drops the channel's token because a server refused it: see [`TokenCache::invalidate`].
    pub fn invalidate(&self, channel: &ChannelId, token: &CachedToken) {
        if let Some(cache) = self.0.find(channel) {
            cache.invalidate(token);
        }
    }

    /// Gets the channel's first token, so that no request has to wait for it, and goes on trying in the background until there is
    /// one: see [`TokenCache::warm_up`].
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token): why the first try failed.
    pub async fn warm_up(&self, channel: &ChannelId) -> Result<(), Error> {
        self.warm_up_in_background(channel)?;
        self.token(channel).await.map(drop)
    }

    /// The same without waiting: see [`TokenCache::warm_up_in_background`].
    ///
    /// # Errors
    ///
    /// What the function failed with that makes the sources.
    pub fn warm_up_in_background(&self, channel: &ChannelId) -> Result<(), Error> {
        self.0.find_or_insert(channel)?.warm_up_in_background();
        Ok(())
    }

    /// Compares what LINE lists for the channel with what the pool holds of it: see [`TokenCache::reconcile`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::reconcile`]; and what the function failed with that makes the sources.
    pub async fn reconcile(&self, channel: &ChannelId) -> Result<Reconciliation, Error> {
        self.0.find_or_insert(channel)?.reconcile().await
    }

    /// What the pool has of the channel at the moment; `None` if it was not asked for yet, or was evicted.
    #[must_use]
    pub fn status(&self, channel: &ChannelId) -> Option<CacheStatus> {
        self.0.find(channel).map(|cache| cache.status())
    }

    /// How many channels it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.channels.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the channel's source anew, because its credentials have changed, and says whether the channel was there. Its token
    /// stays and is served; a failure of the former source is forgotten, so that the next call asks the new one at once.
    ///
    /// # Errors
    ///
    /// What the function failed with that makes the sources; the former source then stays.
    pub fn reload_source(&self, channel: &ChannelId) -> Result<bool, Error> {
        let Some(cache) = self.0.find(channel) else { return Ok(false) };
        let source = self.0.make_source(channel)?;
        cache.shared().replace_source(source);
        Ok(true)
    }

    /// Removes a channel, as one that left the platform, and says whether there was one. Its token is not handed out any more, and
    /// its source is told ([`TokenSource::retire`]); a source that can revoke does so in the background, also for a token that
    /// a call in flight still brings. The next call for the channel makes a new source, which is asked at once; the channel's
    /// budget is remembered.
    pub fn remove(&self, channel: &ChannelId) -> bool {
        let now = self.0.settings.clock.now();
        self.0.remove(channel, now).is_some()
    }

    /// The same, and waits until the channel's tokens are revoked, within `limit`: for a tenant whose credentials are deleted
    /// next. Returns what was done and left undone; `None` if there was no such channel.
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
        let end = clock.now().monotonic.saturating_add(how.limit);
        let reason = how.revoke_current.then_some(RetireReason::Shutdown);
        let share = if caches.len() > REVOCATIONS_AT_ONCE { how.limit / SHARE_OF_SHUTDOWN } else { how.limit };
        finish_all(caches, REVOCATIONS_AT_ONCE, move || end.saturating_sub(clock.now().monotonic).min(share), reason)
            .await
    }
}

/// Drops caches that are no longer kept, and reports what they leave undone; not under a lock.
fn let_go(caches: Vec<TokenCache>) {
    let is_last = |cache: &TokenCache| Arc::strong_count(cache.shared()) == 1;
    caches.iter().filter(|cache| is_last(cache)).for_each(|cache| cache.shared().report_left_to_expire());
}

/// Finishes caches, so many at once. `limit` is asked when it is a cache's turn.
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

impl Inner {
    fn try_fresh(&self, channel: &ChannelId) -> Option<Arc<CachedToken>> {
        self.channels.with(channel, |cache| cache.shared().try_fresh(Arc::clone)).flatten()
    }

    fn find(&self, channel: &ChannelId) -> Option<TokenCache> {
        self.channels.get(channel)
    }

    fn make_source(&self, channel: &ChannelId) -> Result<Arc<dyn TokenSource>, Error> {
        let source = (self.make)(channel)?;
        let policy = source.policy();
        if let Some(other) = policy.channel_id().filter(|other| *other != channel) {
            return Err(Error::invalid_input(format!(
                "the source that was made for channel {channel} issues tokens for channel {other}"
            )));
        }
        Ok(source)
    }

    fn find_or_insert(&self, channel: &ChannelId) -> Result<TokenCache, Error> {
        if let Some(cache) = self.find(channel) {
            return Ok(cache);
        }
        self.check_open()?;
        // Outside of the lock: it is user code.
        let source = self.make_source(channel)?;
        let mut cache = TokenCache::from_shared(Shared::new(source, Some(channel), Arc::clone(&self.settings)));
        let now = cache.shared().now();
        cache.shared().record_use(now);
        // What is dropped holds sources, user code: after the lock is released.
        let mut dropped = Vec::new();
        let mut looked_at = Vec::new();
        let mut registry = self.registry.lock();
        if let Some(cache) = self.find(channel) {
            return Ok(cache);
        }
        self.check_open()?;
        dropped.extend(registry.evicted.restore(channel, &mut cache, now));
        while self.channels.len() >= self.max_capacity {
            let Some(evicted) = registry.queue.next(&mut looked_at) else { break };
            if let Some(channel) = &evicted.channel
                && let Some(cache) = self.channels.remove(channel)
            {
                cache.shared().leave_pool(RemovalCause::Evicted, now);
                dropped.extend(registry.evicted.insert(channel, &cache, now));
                dropped.push(cache);
            }
            looked_at.push(evicted);
        }
        self.channels.insert(channel.clone(), cache.clone());
        registry.queue.push(cache.shared(), now);
        drop(registry);
        let_go(dropped);
        drop(looked_at);
        cache.shared().ensure_timer(now);
        Ok(cache)
    }

    fn remove(&self, channel: &ChannelId, now: Moment) -> Option<TokenCache> {
        // What is dropped holds sources, user code: after the lock is released.
        let dropped;
        let mut looked_at = Vec::new();
        let mut registry = self.registry.lock();
        let cache = self.channels.remove(channel)?;
        cache.shared().leave_pool(RemovalCause::Removed, now);
        dropped = registry.evicted.insert(channel, &cache, now);
        registry.queue.prune(self.channels.len(), &mut looked_at);
        drop(registry);
        let_go(dropped);
        drop(looked_at);
        cache.shared().ensure_timer(now);
        Some(cache)
    }

    /// Whether a call failed because its channel left the pool meanwhile: then the next cache of the channel is asked.
    fn has_left<T>(&self, outcome: &Result<T, Error>) -> bool {
        outcome.as_ref().is_err_and(is_closed) && !self.closed.load(Ordering::SeqCst)
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::token_unavailable("the token pool was shut down"));
        }
        Ok(())
    }
}

impl TokenPoolBuilder {
    /// The pool. It has no channel yet.
    pub fn build(self) -> TokenPool {
        let limiter = Arc::new(Limiter::new(self.max_concurrent_issues));
        TokenPool(Arc::new(Inner {
            make: self.make,
            settings: Settings::new(self.common, Some(limiter)),
            channels: ChannelMap::new(),
            max_capacity: self.max_capacity,
            registry: Mutex::default(),
            closed: AtomicBool::new(false),
        }))
    }
}

impl fmt::Debug for TokenPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPool")
            .field("channels", &self.len())
            .field("max_capacity", &self.0.max_capacity)
            .finish_non_exhaustive()
    }
}
