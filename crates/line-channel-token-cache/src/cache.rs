//! The cache, as its users see it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::Error;

use crate::builder::TokenCacheBuilder;
use crate::event::Event;
use crate::in_flight::{RefreshResult, Waited, Waiter};
use crate::issue::RetireReason;
use crate::refresh::Joined;
use crate::refresh_ahead::RefreshAhead;
use crate::shared::{Seen, Settings, Shared};
use crate::shutdown::{RevocationReport, Shutdown};
use crate::source::TokenSource;
use crate::status::{CacheState, CacheStatus};
use crate::token::CachedToken;
use crate::trace;

/// The longest that a caller with a valid token waits for a new one; and never longer than half of what is left.
const MAX_WAIT_WITH_TOKEN: Duration = Duration::from_secs(5);
/// How often a caller starts again whose refresh ended without an outcome.
const MAX_RESTARTS: usize = 5;

/// Returns a valid token of one source, and asks the source as seldom as it can.
///
/// While the token is fresh, reading it takes no lock. Near its end one call to the source fetches the next in the
/// background, whatever the number of callers. If the source fails, it is asked again later, and while the old token is valid
/// it is served. A clone is a further handle on the same cache; with the last one its tasks end.
///
/// ```
/// use line_channel_token_cache::{StatelessSource, TokenCache};
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// # use line_channel_token_mock::{MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// # let client = line.client();
/// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let tokens = TokenCache::new(StatelessSource::from_secret(client, id, secret));
/// assert_eq!(tokens.token().await?.header_value(), "Bearer the-token");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenCache(Arc<Shared>);

impl TokenCache {
    /// A cache of this source's tokens, with the default settings and the [clock](crate::SourcePolicy::with_clock) of its policy.
    /// It asks the source for nothing yet.
    #[must_use]
    pub fn new(source: impl TokenSource) -> Self {
        Self::builder(source).build()
    }

    /// A builder, for settings that differ from those of [`new`](Self::new).
    pub fn builder(source: impl TokenSource) -> TokenCacheBuilder {
        TokenCacheBuilder::new(source)
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// A valid token. It waits only if there is none that is valid for a little longer: with a valid one for at most five
    /// seconds, and never until that has expired.
    ///
    /// # Errors
    ///
    /// What the source failed with; [`retry_after`](Error::retry_after) says when it is asked again, and until then
    /// all callers get this error without a call. Kind
    /// [`IssueBudgetReached`](line_channel_token_core::ErrorKind::IssueBudgetReached) if the source has a
    /// [budget](crate::SourcePolicy::with_budget) and it is used up. Kind
    /// [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable)
    /// outside of a Tokio runtime, and after [`shutdown`](Self::shutdown).
    pub async fn token(&self) -> Result<Arc<CachedToken>, Error> {
        if let Some(token) = self.0.try_fresh(Arc::clone) {
            return Ok(token);
        }
        match self.0.current_or_refresh() {
            Ok(token) => Ok(token),
            Err(seen) => self.wait_for_token(seen, Duration::ZERO).await,
        }
    }

    /// A token that is valid for at least `min_ttl` longer, a new one if need be: for a batch that must not outlive its token.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// let token = tokens.token_with_min_ttl(Duration::from_secs(60)).await?;
    /// assert_eq!(token.header_value(), "Bearer long-lived");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token); and kind [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable),
    /// without a call to the source, if not even a new token would live that long.
    pub async fn token_with_min_ttl(&self, min_ttl: Duration) -> Result<Arc<CachedToken>, Error> {
        let token = self.token().await?;
        let now = self.0.now();
        if token.remaining(now) >= min_ttl {
            return Ok(token);
        }
        // A new one would be no better, and asking again and again would use up the channel's slots. What is left of one that others issued says nothing.
        let longest = token.expiry().remaining_on_arrival().filter(|_| !token.is_adopted());
        if let Some(longest) = longest.filter(|longest| *longest <= min_ttl) {
            return Err(Error::token_unavailable(format!(
                "the source's tokens are valid for {} s when they arrive, and {} s from now on were asked for",
                longest.as_secs_f64(),
                min_ttl.as_secs_f64()
            )));
        }
        self.wait_for_token(Seen { now, serial: Some(token.serial()) }, min_ttl).await
    }

    /// The token, if a caller of [`token`](Self::token) need not wait for one; otherwise `None`, and then `token` gets one. It begins a refresh
    /// in the background if one is due, as `token` does. For code that is polled, such as a layer of tower.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// assert!(tokens.try_token().is_none(), "there is none yet");
    /// let token = tokens.token().await?;
    /// assert!(tokens.try_token().is_some_and(|same| std::sync::Arc::ptr_eq(&same, &token)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn try_token(&self) -> Option<Arc<CachedToken>> {
        self.0.try_fresh(Arc::clone).or_else(|| self.0.current_or_refresh().ok())
    }

    /// Lends the token to `read` while it is valid, without waiting and without touching a shared count. `None` if there
    /// is no valid one; [`token`](Self::token) then gets one. Outside of a Tokio runtime it starts no refresh.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// assert!(tokens.with_token(|_| ()).is_none(), "there is none yet");
    /// tokens.warm_up().await?;
    /// let length = tokens.with_token(|token| token.access_token().expose_secret().len());
    /// assert_eq!(length, Some(10));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_token<T>(&self, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        let mut read = Some(read);
        let mut lend = |token: &Arc<CachedToken>| read.take().map(|read| read(token));
        if let Some(lent) = self.0.try_fresh(&mut lend) {
            return lent;
        }
        match self.0.current_or_refresh() {
            Ok(token) => lend(&token),
            Err(seen) => {
                // A new one is due; why it cannot be had yet does not matter here.
                let _ = self.0.join_or_refresh(seen, Duration::ZERO, false);
                let current = self.0.current.load();
                lend(current.as_ref().filter(|token| token.is_valid(seen.now))?)
            }
        }
    }

    /// Drops `token` because a server refused it, unless another has replaced it already. Its source's
    /// [`retire`](TokenSource::retire) is called, and revokes it if the source is set to. [`authorized`](Self::authorized) does this
    /// around a call.
    ///
    /// The next call asks the source at once, whatever failed before. If tokens are refused repeatedly, that holds
    /// once in ten of the source's [minimum intervals](crate::SourcePolicy::with_min_interval) (10 s for stateless tokens, 10 minutes for the
    /// others), and the interval in between.
    ///
    /// ```
    /// # use line_channel_token_cache::{CachedToken, StatelessSource, TokenCache};
    /// # use line_channel_token_core::{ChannelId, ChannelSecret, Error, Operation};
    /// # use line_channel_token_mock::{MockBackend, Reply};
    /// # async fn push(token: &CachedToken) -> u16 { if token.header_value() == "Bearer revoked" { 401 } else { 200 } }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let line = MockBackend::new();
    /// # line.given(Operation::IssueStateless)
    /// #     .respond(Reply::stateless_token("revoked").then(Reply::stateless_token("valid")));
    /// # let source = StatelessSource::from_secret(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// # let tokens = TokenCache::new(source);
    /// let mut token = tokens.token().await?;
    /// if push(&token).await == 401 {
    ///     tokens.invalidate(&token);
    ///     token = tokens.token().await?;
    /// }
    /// assert_eq!(push(&token).await, 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn invalidate(&self, token: &CachedToken) {
        let now = self.0.now();
        let mut state = self.0.state();
        // Under the lock, so that no refresh ends in between.
        let current = self.0.current.load_full();
        let Some(current) = current.filter(|current| std::ptr::eq(Arc::as_ptr(current), token)) else { return };
        self.0.current.store(None);
        state.note_refused(&current, now);
        state.retire_after(&current, RetireReason::Refused, Duration::ZERO, now);
        state.refused = Some(current);
        state.allow_immediate_issue(now);
        state.wanted |= self.0.settings.refresh_ahead == RefreshAhead::Always;
        self.0.schedule(&mut state, now);
        drop(state);
        self.0.ensure_timer(now);
        self.0.emit(&Event::Invalidated);
    }

    /// Gets the first token, so that no request has to wait for it. If that fails, or the returned future is dropped, the cache
    /// makes further attempts in the background until there is a token; and from then on also whenever its source fails and no
    /// token is valid, though nobody asks. So log the error, and report [`CacheStatus::is_ready`] to the readiness probe.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// if let Err(error) = tokens.warm_up().await {
    ///     eprintln!("no channel access token yet: {error}");
    /// }
    /// assert!(tokens.status().is_ready());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token): why the first attempt failed.
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.warm_up_in_background();
        self.token().await.map(drop)
    }

    /// The same without waiting: the cache asks its source until there is a token, whether somebody asks for it or not.
    /// Outside of a Tokio runtime it begins with the next call inside one.
    pub fn warm_up_in_background(&self) {
        let now = self.0.now();
        let mut state = self.0.state();
        state.wanted = true;
        state.warmed_up = true;
        self.0.schedule(&mut state, now);
        drop(state);
        self.0.ensure_timer(now);
    }

    /// What the cache has at the moment: see [`CacheStatus`].
    #[must_use]
    pub fn status(&self) -> CacheStatus {
        let now = self.0.now();
        let state = self.0.state();
        let current = self.0.current.load();
        let freshness = current.as_ref().map_or(CacheState::Empty, |token| token.expiry().state(now));
        let had_token = current.is_some() || state.refused.is_some();
        let is_slow = state.in_flight.as_ref().is_some_and(|call| call.elapsed(now) > MAX_WAIT_WITH_TOKEN);
        let can_serve = state.failure.is_none() && !state.closed && !is_slow;
        CacheStatus {
            state: freshness,
            is_ready: freshness.is_valid() || (had_token && can_serve),
            remaining: current.as_ref().map_or(Duration::ZERO, |token| token.remaining(now)),
            in_flight: state.in_flight.is_some(),
            last_error: state.failure.as_ref().map(|failure| failure.error.clone()),
            retry_in: state.admission(current.as_ref(), now).retry_in(now),
            slots_used: state.issues.used(now),
            pending_revocations: state.pending_revocations.len(),
        }
    }

    /// Starts no further call for a token, waits for the one that is in flight, and revokes the tokens that wait for that; the
    /// current one too, if `how` says so. It takes no longer than the limit of `how`, and reports what it left undone: see
    /// [`Shutdown`] and [`RevocationReport`].
    pub async fn shutdown(&self, how: Shutdown) -> RevocationReport {
        let reason = how.revokes_current().then_some(RetireReason::Shutdown);
        self.0.finish(how.limit(), reason).await
    }

    /// In a box, so that the future of a read that needs no wait stays small.
    fn wait_for_token(&self, seen: Seen, min_ttl: Duration) -> Pin<Box<impl Future<Output = RefreshResult>>> {
        Box::pin(trace::in_wait_span(self.0.channel.as_ref(), self.next_token(seen, min_ttl)))
    }

    /// The token of the next refresh, or the old one if that fails or takes long and the old one suffices.
    async fn next_token(&self, mut seen: Seen, min_ttl: Duration) -> RefreshResult {
        let cache = &self.0;
        let mut waited = false;
        let mut joined_again = false;
        let mut restarts = 0;
        let result = loop {
            let (waiter, is_own) = match cache.join_or_refresh(seen, min_ttl, true) {
                Ok(Joined::Current(token)) => break Ok(token),
                Ok(Joined::Waiting(waiter)) => (waiter, false),
                Ok(Joined::Begun(waiter)) => (waiter, true),
                Err(error) => break Err(error),
            };
            let id = waiter.id;
            let max_wait = self.max_wait(&waiter, min_ttl);
            waited = true;
            match waiter.wait(cache.clock(), max_wait).await {
                // That was a call for somebody who needs it for a shorter time.
                Waited::Done(Ok(token))
                    if !is_own
                        && !joined_again
                        && token.is_valid(cache.now())
                        && token.remaining(cache.now()) < min_ttl =>
                {
                    joined_again = true;
                    seen.serial = Some(token.serial());
                }
                Waited::Done(result) => break result,
                Waited::TimedOut => break Err(Error::transient("the token source has not responded yet")),
                // It may not be abandoned twice before its deadline: then the wait goes on.
                Waited::Stalled if !cache.abandon(id) => {}
                Waited::Stalled | Waited::Cancelled => restarts += 1,
            }
            if restarts == MAX_RESTARTS {
                break Err(Error::transient(
                    "each call for a token ended without an outcome: the Tokio runtime that the call runs in has been shut down or \
                     is blocked, or the cache's clock panics",
                ));
            }
            seen.now = cache.now();
        };
        let now = cache.now();
        cache.record_use(now);
        let suffices = |token: &CachedToken| token.is_valid(now) && token.remaining(now) >= min_ttl;
        let error = match result {
            Ok(token) if suffices(&token) => return Ok(token),
            Ok(token) => {
                let current = cache.current.load();
                let retry_in = cache.state().admission(current.as_ref(), now).retry_in(now);
                let error = if token.is_valid(now) {
                    Error::token_unavailable(format!(
                        "the source's token is valid for {} s, and {} s were asked for",
                        token.remaining(now).as_secs(),
                        min_ttl.as_secs_f64()
                    ))
                } else {
                    Error::token_unavailable("the token expired before it could be returned")
                };
                error.with_retry_after(retry_in)
            }
            Err(error) => error,
        };
        match &*cache.current.load() {
            Some(token) if suffices(token) => {
                if waited {
                    cache.emit(&Event::ServedStale);
                }
                Ok(Arc::clone(token))
            }
            _ => Err(error),
        }
    }

    /// How long a caller waits who has a token that suffices; `None` if they have none.
    fn max_wait(&self, waiter: &Waiter, min_ttl: Duration) -> Option<Duration> {
        let now = self.0.now();
        let current = self.0.current.load();
        let remaining = current.as_ref().filter(|token| token.is_valid(now))?.remaining(now);
        let spare = remaining.checked_sub(min_ttl)?;
        Some(MAX_WAIT_WITH_TOKEN.saturating_sub(waiter.elapsed(now)).min(spare / 2))
    }
}

impl TokenCacheBuilder {
    /// The cache. It asks the source for nothing yet.
    pub fn build(self) -> TokenCache {
        // Once: it is user code.
        let policy = self.source.policy();
        let settings = Settings::new(self.common, policy.clock(), None);
        TokenCache::from_shared(Shared::new(self.source, policy.limits(), policy.channel_id().cloned(), settings))
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = Arc::clone(&self.0.state().source);
        f.debug_struct("TokenCache").field("source", &source).field("status", &self.status()).finish()
    }
}
