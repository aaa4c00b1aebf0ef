//! The cache, as its users see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::Error;

use crate::flight::Landing;
use crate::inner::{Inner, Seen};
use crate::refresh::Joined;
use crate::{CacheState, CacheStatus, CachedToken, Event, TokenCacheBuilder, TokenSource};

/// Hands out a valid token of one source, and asks the source as seldom as it can.
///
/// While the token is fresh, reading it takes no lock. Near its end one call to the source fetches the next in the
/// background, whatever the number of callers. A failed source is asked again later, and while the old token is valid
/// it is served. A clone is a further handle on the same cache; with the last one its tasks end.
#[derive(Clone)]
pub struct TokenCache(Arc<Inner>);

impl TokenCache {
    /// A cache of this source's tokens, with the default settings.
    #[must_use]
    pub fn new(source: impl TokenSource) -> Self {
        Self::builder(source).build()
    }

    /// Settings that differ from [`new`](Self::new).
    pub fn builder(source: impl TokenSource) -> TokenCacheBuilder {
        TokenCacheBuilder::new(source)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// A valid token. It waits only where there is none that is valid for a little longer.
    ///
    /// # Errors
    ///
    /// What the source failed with; [`retry_after`](Error::retry_after) says when it is asked again, and until then
    /// all callers get this error without a call. Kind
    /// [`IssueBudgetReached`](line_channel_token_core::ErrorKind::IssueBudgetReached) where the source has a
    /// [budget](TokenSource::budget) and it is used up. Kind
    /// [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable)
    /// outside of a Tokio runtime, and after [`shutdown`](Self::shutdown).
    pub async fn token(&self) -> Result<Arc<CachedToken>, Error> {
        if let Some(token) = self.0.at_a_glance(Arc::clone) {
            return Ok(token);
        }
        match self.0.look() {
            Ok(token) => Ok(token),
            // In a box, so that the future of a read that needs no wait stays small.
            Err(seen) => Box::pin(self.token_after_flight(seen, Duration::ZERO)).await,
        }
    }

    /// A token that is valid for at least `life` longer, a new one where need be.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token); and kind [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable),
    /// without a call to the source, where not even a new token would live so long.
    pub async fn token_valid_for(&self, life: Duration) -> Result<Arc<CachedToken>, Error> {
        let token = self.token().await?;
        let now = self.0.now();
        if token.remaining(now) >= life {
            return Ok(token);
        }
        // A new one would be no better, and asking again and again would fill the channel's places.
        if let Some(whole) = token.life.when_it_came().filter(|whole| *whole <= life) {
            return Err(Error::token_unavailable(format!(
                "the source's tokens live {} s when they come, and {} s from now on were asked for",
                whole.as_secs_f64(),
                life.as_secs_f64()
            )));
        }
        Box::pin(self.token_after_flight(Seen { now, serial: Some(token.serial()) }, life)).await
    }

    /// Lends the token to `read` while it is valid, without waiting and without touching a shared count. `None` where there
    /// is no valid one; [`token`](Self::token) then gets one. Outside of a Tokio runtime it starts no refresh.
    pub fn with_token<T>(&self, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        let mut read = Some(read);
        let mut lend = |token: &Arc<CachedToken>| read.take().map(|read| read(token));
        if let Some(lent) = self.0.at_a_glance(&mut lend) {
            return lent;
        }
        match self.0.look() {
            Ok(token) => lend(&token),
            Err(seen) => {
                // A new one is due; why it cannot be had yet does not matter here.
                let _ = self.0.join(seen);
                let current = self.0.current.load();
                lend(current.as_ref().filter(|token| token.life.state(seen.now) != CacheState::Expired)?)
            }
        }
    }

    /// Drops `token` because a server refused it, unless another has taken its place already. A source that revokes its
    /// tokens revokes it.
    ///
    /// The next call asks the source at once, whatever failed before. Where tokens are refused again and again, that holds
    /// once in ten of the source's [`least_interval`](TokenSource::least_interval)s, and the interval in between.
    pub fn invalidate(&self, token: &CachedToken) {
        if self.0.forget(token) {
            self.0.tell(&Event::Invalidated);
        }
    }

    /// Gets the first token, so that no request has to wait for it.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.token().await.map(drop)
    }

    /// What the cache has at the moment.
    #[must_use]
    pub fn status(&self) -> CacheStatus {
        let now = self.0.now();
        let control = self.0.control();
        let current = self.0.current.load();
        let (state, remaining) = match current.as_ref() {
            None => (CacheState::Empty, Duration::ZERO),
            Some(token) => (token.life.state(now), token.remaining(now)),
        };
        CacheStatus {
            state,
            remaining,
            in_flight: control.flight.is_some(),
            last_error: control.failure.as_ref().map(|failure| failure.error.clone()),
            next_try_in: control.next_try_in(&self.0.policy, now),
            places_taken: control.ledger.taken(now),
            to_revoke: control.predecessors.len(),
        }
    }

    /// Starts no further call for a token, waits for the one that is under way, and revokes the tokens that wait for that.
    /// What is valid is handed out until it expires.
    pub async fn shutdown(&self) {
        let flight = {
            let mut control = self.0.control();
            control.closed = true;
            control.flight.as_ref().map(crate::flight::Flight::join)
        };
        if let Some(flight) = flight {
            let _ = flight.ride().await;
        }
        self.0.revoke_all().await;
    }

    /// The token of a flight, or the old one where the flight fails and the old one will do.
    async fn token_after_flight(&self, seen: Seen, life: Duration) -> Landing {
        let (landing, flown) = match self.0.join(seen) {
            Ok(Joined::Flight(flight)) => (flight.ride().await, true),
            Ok(Joined::Landed(token)) => (Ok(token), false),
            Err(error) => (Err(error), false),
        };
        let now = self.0.now();
        self.0.used(now);
        let will_do = |token: &CachedToken| !token.remaining(now).is_zero() && token.remaining(now) >= life;
        let error = match landing {
            Ok(token) if will_do(&token) => return Ok(token),
            Ok(_) => Error::token_unavailable("the token's life passed before it could be handed out")
                .with_retry_after(self.0.control().next_try_in(&self.0.policy, now)),
            Err(error) => error,
        };
        match &*self.0.current.load() {
            Some(token) if will_do(token) => {
                if flown {
                    self.0.tell(&Event::ServedStale);
                }
                Ok(Arc::clone(token))
            }
            _ => Err(error),
        }
    }
}

impl Inner {
    /// Drops `token` where it is the current one, and says whether it was.
    pub(crate) fn forget(self: &Arc<Self>, token: &CachedToken) -> bool {
        let now = self.now();
        let mut control = self.control();
        // Under the lock, so that no flight lands in between.
        let current = self.current.load_full();
        let Some(current) = current.filter(|current| std::ptr::eq(Arc::as_ptr(current), token)) else { return false };
        self.current.store(None);
        self.discard(&mut control, &current, now);
        control.soon_again(self.policy.least_interval, now);
        self.plan(&mut control, now);
        true
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.0.source).field("status", &self.status()).finish()
    }
}
