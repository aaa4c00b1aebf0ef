//! A cache for each of many channels.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::Guard;
use line_channel_token_core::{ChannelId, Error};

use crate::builder::{MakeSource, TokenPoolBuilder};
use crate::cache::TokenCache;
use crate::channel_map::ChannelMap;
use crate::decide::admission::is_closed;
use crate::eviction::{EvictedChannels, UseQueue, release_caches};
use crate::limiter::Limiter;
use crate::policy::IssueLimits;
use crate::reconcile::Reconciliation;
use crate::shared::{Settings, Shared};
use crate::source::TokenSource;
use crate::state::RemovalCause;
use crate::status::CacheStatus;
use crate::sync::Mutex;
use crate::token::CachedToken;

/// Returns a valid token of each of many channels.
///
/// Each channel has a [`TokenCache`] of its own, made on demand; all that is said there holds for each. A read of a warm token never
/// waits for a call, but it is not free of locks: it takes the read lock of one of 128 shards of the channels for some nanoseconds.
/// Reads share that lock, and only a channel that comes or goes takes it alone. Past a bound the channels that were not used for long
/// are evicted, and the calls of all channels together are bounded. A clone is a further handle on the same pool; with the last one
/// its tasks end.
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
/// .clock(line.client().clock())
/// .build();
/// let token = pool.token(&ChannelId::new("1234567890")?).await?;
/// # assert_eq!(token.header_value(), "Bearer the-token");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenPool(pub(crate) Arc<Inner>);

/// What the handles of a pool share.
pub(crate) struct Inner {
    make: MakeSource,
    pub(crate) settings: Arc<Settings>,
    pub(crate) channels: ChannelMap,
    max_capacity: usize,
    /// Also the lock under which channels come and go.
    pub(crate) registry: Mutex<Registry>,
    pub(crate) closed: AtomicBool,
}

#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) queue: UseQueue,
    pub(crate) evicted: EvictedChannels,
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
        if let Some(token) = self.0.load_fresh(channel).and_then(Guard::into_inner) {
            return Ok(token);
        }
        // In a box, so that the future of a read that needs no wait stays small.
        Box::pin(self.token_of_next_cache(channel, |_| ())).await
    }

    /// A token of the channel's cache after `prepare`; if the channel leaves the pool meanwhile, of its next one.
    pub(crate) async fn token_of_next_cache(
        &self,
        channel: &ChannelId,
        prepare: impl Fn(&TokenCache),
    ) -> Result<Arc<CachedToken>, Error> {
        loop {
            let cache = self.0.find_or_insert(channel)?;
            prepare(&cache);
            let outcome = cache.token().await;
            if !self.0.has_left(&outcome) {
                return outcome;
            }
        }
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

    /// The channel's token if a caller need not wait for one: see [`TokenCache::try_token`]. `None` also for a channel that was not asked
    /// for yet.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenPool};
    /// # use line_channel_token_core::{AccessToken, ChannelId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    /// # let channel = ChannelId::new("1234567890")?;
    /// assert!(pool.try_token(&channel).is_none());
    /// pool.warm_up(&channel).await?;
    /// assert!(pool.try_token(&channel).is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn try_token(&self, channel: &ChannelId) -> Option<Arc<CachedToken>> {
        self.0.load_fresh(channel).and_then(Guard::into_inner).or_else(|| self.0.find(channel)?.try_token())
    }

    /// Lends the channel's token to `read` while it is valid: see [`TokenCache::with_token`]. `None` also for a channel that was not
    /// asked for yet.
    pub fn with_token<T>(&self, channel: &ChannelId, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        // `read` is user code, so no shard is locked while it runs.
        match self.0.load_fresh(channel).as_deref() {
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
    /// As [`token`](Self::token): why the first attempt failed.
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
    ///
    /// ```
    /// use line_channel_token_cache::{StaticSource, TokenPool};
    /// use line_channel_token_core::{AccessToken, ChannelId};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    /// let channel = ChannelId::new("1234567890")?;
    /// assert!(pool.status(&channel).is_none());
    /// pool.warm_up(&channel).await?;
    /// assert!(pool.status(&channel).is_some_and(|status| status.is_ready()));
    /// # Ok(())
    /// # }
    /// ```
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

    /// Makes a new source for the channel, because its credentials have changed, and says whether the channel was there. Its token
    /// stays and is served; a failure of the former source is forgotten, so that the next call asks the new one at once.
    ///
    /// ```
    /// use line_channel_token_cache::{StatelessSource, TokenPool};
    /// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
    /// # use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let line = MockBackend::new();
    /// # line.given(Operation::IssueStateless)
    /// #     .respond(Reply::invalid_client_secret().then(Reply::stateless_token("the-token")));
    /// # let client = line.client();
    /// # let look_up = |_: &ChannelId| ChannelSecret::new("s3cret");
    /// let pool = TokenPool::builder(move |channel| {
    ///     Ok(StatelessSource::from_secret(client.clone(), channel.clone(), look_up(channel)?))
    /// })
    /// .clock(line.client().clock())
    /// .build();
    /// let channel = ChannelId::new("1234567890")?;
    /// assert!(pool.token(&channel).await.is_err(), "the secret was changed in the Console");
    /// // Once the new one is where it is looked up:
    /// assert!(pool.reload_source(&channel)?);
    /// assert_eq!(pool.token(&channel).await?.header_value(), "Bearer the-token");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the function failed with that makes the sources; the former source then stays.
    pub fn reload_source(&self, channel: &ChannelId) -> Result<bool, Error> {
        let Some(cache) = self.0.find(channel) else { return Ok(false) };
        let (source, limits) = self.0.make_source(channel)?;
        cache.shared().replace_source(source, limits);
        Ok(true)
    }
}

impl Inner {
    /// The channel's token if the coarse time is enough to know that it is fresh. The guard never holds `None`.
    fn load_fresh(&self, channel: &ChannelId) -> Option<Guard<Option<Arc<CachedToken>>>> {
        // Before the lock: the clock may be user code.
        let coarse = self.settings.clock.now_coarse();
        self.channels.with(channel, |cache| cache.shared().load_fresh(coarse)).flatten()
    }

    fn find(&self, channel: &ChannelId) -> Option<TokenCache> {
        self.channels.get(channel)
    }

    fn make_source(&self, channel: &ChannelId) -> Result<(Arc<dyn TokenSource>, IssueLimits), Error> {
        let source = (self.make)(channel)?;
        let policy = source.policy();
        if let Some(other) = policy.channel_id().filter(|other| *other != channel) {
            return Err(Error::invalid_input(format!(
                "the source that was made for channel {channel} issues tokens for channel {other}"
            )));
        }
        if !policy.is_on(&*self.settings.clock) {
            return Err(Error::invalid_input(format!(
                "the source that was made for channel {channel} is on another clock than the pool: give the pool the clock of the \
                 sources' client, as in TokenPool::builder(...).clock(client.clock())"
            )));
        }
        Ok((source, policy.limits()))
    }

    fn find_or_insert(&self, channel: &ChannelId) -> Result<TokenCache, Error> {
        if let Some(cache) = self.find(channel) {
            return Ok(cache);
        }
        self.check_open()?;
        // Outside of the lock: it is user code.
        let (source, limits) = self.make_source(channel)?;
        let shared = Shared::new(source, limits, Some(channel.clone()), Arc::clone(&self.settings));
        let mut cache = TokenCache::from_shared(shared);
        let now = cache.shared().now();
        cache.shared().record_use(now);
        // What is dropped holds sources, user code: after the lock is released.
        let mut dropped = Vec::new();
        let mut scanned = Vec::new();
        let mut registry = self.registry.lock();
        if let Some(cache) = self.find(channel) {
            return Ok(cache);
        }
        self.check_open()?;
        dropped.extend(registry.evicted.restore(channel, &mut cache, now));
        while self.channels.len() >= self.max_capacity {
            let Some(evicted) = registry.queue.next(&mut scanned) else { break };
            if let Some(channel) = &evicted.channel
                && let Some(cache) = self.channels.remove(channel)
            {
                cache.shared().leave_pool(RemovalCause::Evicted, now);
                dropped.extend(registry.evicted.insert(channel, &cache, now));
                dropped.push(cache);
            }
            scanned.push(evicted);
        }
        dropped.extend(self.channels.insert(channel.clone(), cache.clone()));
        registry.queue.push(cache.shared(), now);
        drop(registry);
        release_caches(dropped);
        drop(scanned);
        cache.shared().ensure_timer(now);
        Ok(cache)
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
            settings: Settings::new(self.common, None, Some(limiter)),
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
