//! A cache for each of many channels.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldhash::fast::RandomState;
use futures_util::{StreamExt, stream};
use line_channel_token_core::{ChannelId, Error};

use crate::inner::{Inner, Settings};
use crate::pool_builder::{MakeSource, TokenPoolBuilder};
use crate::retired::{Leave, Retired};
use crate::sync::Mutex;
use crate::{CacheStatus, CachedToken, Reconciliation, TokenCache, TokenSource};

/// Hands out a valid token of each of many channels.
///
/// Each channel has a [`TokenCache`] of its own, made on demand; all that is said there holds for each. Reading a warm
/// token takes no lock. Past a bound the channels that were not used for longest are dropped, and the calls of all
/// channels together are bounded. A clone is a further handle on the same pool; with the last one its tasks end.
#[derive(Clone)]
pub struct TokenPool(Arc<Pool>);

struct Pool {
    make: MakeSource,
    settings: Arc<Settings>,
    channels: papaya::HashMap<ChannelId, TokenCache, RandomState>,
    max_channels: usize,
    max_calls: usize,
    /// Also the lock under which channels come and go.
    retired: Mutex<Retired>,
    closed: AtomicBool,
}

impl TokenPool {
    /// A pool that makes the source of a channel with `make`, when a token of the channel is first asked for.
    ///
    /// What `make` fails with is what the caller gets; it is asked again for the next call. It should not block: a source
    /// that has to look up its credentials does that in [`TokenSource::issue`].
    pub fn builder<S: TokenSource>(
        make: impl Fn(&ChannelId) -> Result<S, Error> + Send + Sync + 'static,
    ) -> TokenPoolBuilder {
        TokenPoolBuilder::new(make)
    }

    pub(crate) fn of(make: MakeSource, settings: Settings, max_channels: usize, max_calls: usize) -> Self {
        Self(Arc::new(Pool {
            make,
            settings: Arc::new(settings),
            channels: papaya::HashMap::with_hasher(RandomState::default()),
            max_channels,
            max_calls,
            retired: Mutex::default(),
            closed: AtomicBool::new(false),
        }))
    }

    /// A valid token of the channel: see [`TokenCache::token`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::token`]; and what the function failed with that makes the sources.
    pub async fn token(&self, channel: &ChannelId) -> Result<Arc<CachedToken>, Error> {
        if let Some(token) = self.at_a_glance(channel, Arc::clone) {
            return Ok(token);
        }
        // In a box, so that the future of a read that needs no wait stays small.
        Box::pin(self.with_cache(channel, async |cache| cache.token().await)).await
    }

    /// A token of the channel that is valid for at least `life` longer: see [`TokenCache::token_valid_for`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::token_valid_for`]; and what the function failed with that makes the sources.
    pub async fn token_valid_for(&self, channel: &ChannelId, life: Duration) -> Result<Arc<CachedToken>, Error> {
        self.with_cache(channel, async |cache| cache.token_valid_for(life).await).await
    }

    /// Lends the channel's token to `read` while it is valid: see [`TokenCache::with_token`]. `None` also for a channel that was not
    /// asked for yet.
    pub fn with_token<T>(&self, channel: &ChannelId, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        self.0.channels.pin().get(channel)?.with_token(read)
    }

    /// Drops the channel's token because a server refused it: see [`TokenCache::invalidate`].
    pub fn invalidate(&self, channel: &ChannelId, token: &CachedToken) {
        if let Some(cache) = self.0.find(channel) {
            cache.invalidate(token);
        }
    }

    /// Gets the channel's first token, so that no request has to wait for it.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub async fn warm_up(&self, channel: &ChannelId) -> Result<(), Error> {
        self.token(channel).await.map(drop)
    }

    /// Compares what LINE lists for the channel with what the pool holds of it: see [`TokenCache::reconcile`].
    ///
    /// # Errors
    ///
    /// As [`TokenCache::reconcile`]; and what the function failed with that makes the sources.
    pub async fn reconcile(&self, channel: &ChannelId) -> Result<Reconciliation, Error> {
        self.with_cache(channel, async |cache| cache.reconcile().await).await
    }

    /// What the pool has of the channel at the moment; `None` where it was not asked for yet, or was dropped.
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
        self.0.channels.is_empty()
    }

    /// Drops a channel, as one that left the platform, and says whether there was one. A source that revokes its tokens
    /// revokes the channel's, at once. The next call for it makes a new source, which is asked at once; the channel's budget is
    /// remembered.
    pub fn remove(&self, channel: &ChannelId) -> bool {
        let mut retired = self.0.retired.lock();
        let channels = self.0.channels.pin();
        let Some(cache) = channels.remove(channel) else { return false };
        cache.inner().retire(Leave::Removed);
        retired.put(channel, cache, self.0.settings.clock.now());
        true
    }

    /// Starts no further call for a token, waits for those that are under way, and revokes the tokens that wait for that.
    /// What is valid is handed out until it expires.
    pub async fn shutdown(&self) {
        let mut all = {
            let retired = self.0.retired.lock();
            // Under the lock, so that no channel comes after this.
            self.0.closed.store(true, Ordering::SeqCst);
            retired.leaving()
        };
        all.extend(self.0.channels.pin().values().cloned());
        stream::iter(all).for_each_concurrent(self.0.max_calls, async |cache| cache.shutdown().await).await;
    }

    fn at_a_glance<T>(&self, channel: &ChannelId, read: impl FnOnce(&Arc<CachedToken>) -> T) -> Option<T> {
        self.0.channels.pin().get(channel)?.inner().at_a_glance(read)
    }

    /// Calls a method of the channel's cache; once more where the channel was dropped meanwhile.
    async fn with_cache<T>(
        &self,
        channel: &ChannelId,
        call: impl AsyncFn(TokenCache) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            let cache = self.0.find_or_make(channel)?;
            let inner = Arc::clone(cache.inner());
            match call(cache).await {
                Err(_) if inner.control().retired && !self.0.closed.load(Ordering::SeqCst) => {}
                outcome => return outcome,
            }
        }
    }
}

impl Pool {
    fn find(&self, channel: &ChannelId) -> Option<TokenCache> {
        self.channels.pin().get(channel).cloned()
    }

    fn find_or_make(&self, channel: &ChannelId) -> Result<TokenCache, Error> {
        if let Some(cache) = self.find(channel) {
            return Ok(cache);
        }
        self.check_open()?;
        // Outside of the lock: it is the code of others.
        let source = (self.make)(channel)?;
        if let Some(other) = source.channel_id().filter(|other| *other != channel) {
            return Err(Error::invalid_input(format!(
                "the source that was made for channel {channel} issues tokens for channel {other}"
            )));
        }
        let cache = TokenCache::from_inner(Inner::new(source, Some(channel), Arc::clone(&self.settings)));
        cache.inner().used(cache.inner().now());
        let mut retired = self.retired.lock();
        let channels = self.channels.pin();
        if let Some(cache) = channels.get(channel) {
            return Ok(cache.clone());
        }
        self.check_open()?;
        retired.hand_over(channel, cache.inner());
        channels.insert(channel.clone(), cache.clone());
        if channels.len() > self.max_channels {
            self.drop_unused(&mut retired, channel);
        }
        Ok(cache)
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::token_unavailable("the token pool was shut down"));
        }
        Ok(())
    }

    /// Drops the channels that were not used for longest: one at least, and a sixteenth of a large pool, so that not each new
    /// channel has to look at all of them. `newest` stays, and so does one with a call under way.
    fn drop_unused(&self, retired: &mut Retired, newest: &ChannelId) {
        let (channels, now) = (self.channels.pin(), self.settings.clock.now());
        let mut by_use: Vec<(u64, &ChannelId, &TokenCache)> = channels
            .iter()
            .filter(|(channel, _)| *channel != newest)
            .map(|(channel, cache)| (cache.inner().last_used(), channel, cache))
            .collect();
        let surplus = channels.len().saturating_sub(self.max_channels) + self.max_channels / 16;
        by_use.sort_unstable_by_key(|(last_used, ..)| *last_used);
        let unused = by_use.into_iter().filter(|(_, _, cache)| cache.inner().retire(Leave::Unused)).take(surplus);
        for (_, channel, cache) in unused {
            channels.remove(channel);
            retired.put(channel, cache, now);
        }
    }
}

impl fmt::Debug for TokenPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPool")
            .field("channels", &self.len())
            .field("max_channels", &self.0.max_channels)
            .finish_non_exhaustive()
    }
}
