//! The cache.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::FutureExt;
use line_channel_token_core::{Clock, Error, ErrorKind, Moment};
use tokio::runtime::Handle;

use crate::backoff::{Failure, may_have_issued, wait_left};
use crate::builder::Hook;
use crate::flight::{self, Flight, Landing};
use crate::margins::Margins;
use crate::{CacheState, CacheStatus, CachedToken, Event, TokenCacheBuilder, TokenSource};

/// Hands out a valid token of one source, and asks the source as seldom as it can.
///
/// While the token is fresh, reading it takes no lock. Near its end one call to the source fetches the next in the
/// background, whatever the number of callers. A failed source is asked again later, and while the old token is valid
/// it is served. A clone is a further handle on the same cache.
#[derive(Clone)]
pub struct TokenCache(Arc<Inner>);

struct Inner {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    hook: Option<Hook>,
    current: ArcSwapOption<Entry>,
    control: Mutex<Control>,
}

struct Entry {
    token: Arc<CachedToken>,
    margins: Margins,
}

/// What decides whether the source may be asked.
#[derive(Default)]
struct Control {
    flight: Option<Flight>,
    failure: Option<Failure>,
    last_issue: Option<Moment>,
    last_invalidation: Option<Moment>,
    closed: bool,
}

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

    pub(crate) fn from_settings(settings: TokenCacheBuilder) -> Self {
        let TokenCacheBuilder { source, clock, hook } = settings;
        Self(Arc::new(Inner { source, clock, hook, current: ArcSwapOption::empty(), control: Mutex::default() }))
    }

    /// A valid token. It waits only where there is none that is valid for a little longer.
    ///
    /// # Errors
    ///
    /// What the source failed with; [`retry_after`](Error::retry_after) says when it is asked again, and until then
    /// all callers get this error without a call. Kind
    /// [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable)
    /// outside of a Tokio runtime, and after [`shutdown`](Self::shutdown).
    pub async fn token(&self) -> Result<Arc<CachedToken>, Error> {
        let now = self.0.clock.now();
        if let Some(entry) = &*self.0.current.load() {
            let remaining = entry.token.remaining(now);
            if remaining > entry.margins.advisory {
                return Ok(Arc::clone(&entry.token));
            }
            if remaining > entry.margins.mandatory {
                // The old token serves, so it does not matter here why a new one cannot be had yet.
                let _ = self.join_flight(now);
                return Ok(Arc::clone(&entry.token));
            }
        }
        self.token_after_flight(now, Duration::ZERO).await
    }

    /// A token that is valid for at least `life` longer, a new one where need be.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token); and kind [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable),
    /// without a call to the source, where not even a new token would live so long.
    pub async fn token_valid_for(&self, life: Duration) -> Result<Arc<CachedToken>, Error> {
        let token = self.token().await?;
        let now = self.0.clock.now();
        if token.remaining(now) >= life {
            return Ok(token);
        }
        // A new one would be no better, and asking again and again would fill the channel's places.
        if let Some(whole) = token.expires_in().filter(|whole| *whole <= life) {
            return Err(Error::token_unavailable(format!(
                "the source's tokens live {} s, and {} s from now on were asked for",
                whole.as_secs(),
                life.as_secs()
            )));
        }
        self.token_after_flight(now, life).await
    }

    /// Lends the token to `read` while it is valid, without waiting and without touching a shared count. `None` where there
    /// is no valid one; [`token`](Self::token) then gets one. Outside of a Tokio runtime it starts no refresh.
    pub fn with_token<T>(&self, read: impl FnOnce(&CachedToken) -> T) -> Option<T> {
        let now = self.0.clock.now();
        let current = self.0.current.load();
        let entry = current.as_ref()?;
        let remaining = entry.token.remaining(now);
        if remaining <= entry.margins.advisory {
            // Near its end a new one is due; why it cannot be had yet does not matter here.
            let _ = self.join_flight(now);
        }
        (!remaining.is_zero()).then(|| read(&entry.token))
    }

    /// Drops `token` because a server refused it, unless another has taken its place already.
    ///
    /// The next call asks the source at once, whatever failed before. Where tokens are refused again and again, that holds
    /// once in ten of the source's [`least_interval`](TokenSource::least_interval)s, and the interval in between.
    pub fn invalidate(&self, token: &CachedToken) {
        let now = self.0.clock.now();
        let mut control = self.0.control();
        // Under the lock, so that no flight lands in between.
        if !self.0.current.load().as_ref().is_some_and(|entry| std::ptr::eq(Arc::as_ptr(&entry.token), token)) {
            return;
        }
        self.0.current.store(None);
        let allowed = 10 * self.0.source.least_interval();
        let again = control.last_invalidation.is_some_and(|last| !wait_left(allowed, last, now).is_zero());
        if !again {
            control.last_invalidation = Some(now);
            control.last_issue = None;
            control.failure = None;
        }
        drop(control);
        self.0.tell(&Event::Invalidated);
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
        let now = self.0.clock.now();
        let current = self.0.current.load();
        let (state, remaining) = match current.as_ref() {
            None => (CacheState::Empty, Duration::ZERO),
            Some(entry) => {
                let remaining = entry.token.remaining(now);
                let state = match remaining {
                    Duration::ZERO => CacheState::Expired,
                    left if left <= entry.margins.mandatory => CacheState::Mandatory,
                    left if left <= entry.margins.advisory => CacheState::Advisory,
                    _ => CacheState::Fresh,
                };
                (state, remaining)
            }
        };
        let control = self.0.control();
        CacheStatus {
            state,
            remaining,
            in_flight: control.flight.is_some(),
            last_error: control.failure.as_ref().map(|failure| failure.error.clone()),
            next_try_in: self.0.due_in(&control, now),
        }
    }

    /// Starts no further call to the source, and waits for the one that is under way.
    pub async fn shutdown(&self) {
        let flight = {
            let mut control = self.0.control();
            control.closed = true;
            control.flight.clone()
        };
        if let Some(flight) = flight {
            let _ = flight.await;
        }
    }

    /// The token of a flight, or the old one where the flight fails and the old one will do.
    async fn token_after_flight(&self, now: Moment, life: Duration) -> Landing {
        let (landing, flown) = match self.join_flight(now) {
            Ok(Joined::Flight(flight)) => (flight.await, true),
            Ok(Joined::Landed(token)) => (Ok(token), false),
            Err(error) => (Err(error), false),
        };
        let now = self.0.clock.now();
        let will_do = |token: &CachedToken| !token.remaining(now).is_zero() && token.remaining(now) >= life;
        let error = match landing {
            Ok(token) if will_do(&token) => return Ok(token),
            Ok(_) => Error::token_unavailable("the token's life passed before it could be handed out")
                .with_retry_after(self.0.due_in(&self.0.control(), now)),
            Err(error) => error,
        };
        match &*self.0.current.load() {
            Some(entry) if will_do(&entry.token) => {
                if flown {
                    self.0.tell(&Event::ServedStale);
                }
                Ok(Arc::clone(&entry.token))
            }
            _ => Err(error),
        }
    }

    /// The flight under way, or a new one where one is due.
    fn join_flight(&self, now: Moment) -> Result<Joined, Error> {
        let mut control = self.0.control();
        if let Some(flight) = &control.flight {
            return Ok(Joined::Flight(flight.clone()));
        }
        // One may have landed since the caller looked.
        if let Some(entry) = &*self.0.current.load()
            && entry.token.remaining(now) > entry.margins.advisory
            && control.last_issue.is_some_and(|last| last.monotonic >= now.monotonic)
        {
            return Ok(Joined::Landed(Arc::clone(&entry.token)));
        }
        if control.closed {
            return Err(Error::token_unavailable("the token cache was shut down"));
        }
        if let Some(failure) = control.failure.as_ref().filter(|failure| !failure.due_in(now).is_zero()) {
            return Err(failure.shared(now));
        }
        let due_in = self.0.due_in(&control, now);
        if !due_in.is_zero() {
            return Err(Error::token_unavailable("a token was issued a moment ago, and the next is not due yet")
                .with_retry_after(due_in));
        }
        let runtime = Handle::try_current().map_err(|_| {
            Error::token_unavailable("the token cache needs a Tokio runtime, and the call runs outside of one")
        })?;
        let (source, clock) = (Arc::clone(&self.0.source), Arc::clone(&self.0.clock));
        let flight = flight::begin(fly(source, clock, Arc::downgrade(&self.0)), &runtime);
        control.flight = Some(flight.clone());
        Ok(Joined::Flight(flight))
    }
}

enum Joined {
    Flight(Flight),
    Landed(Arc<CachedToken>),
}

/// Calls the source, and puts what comes of it where everybody sees it. It keeps no cache alive.
async fn fly(source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>, cache: Weak<Inner>) -> Landing {
    let issued = AssertUnwindSafe(async { source.issue().await }).catch_unwind().await;
    let now = clock.now();
    let landing = match issued {
        Ok(Ok(token)) => {
            let token = Arc::new(CachedToken::new(token, now));
            if token.remaining(now).is_zero() {
                Err(Error::token_unavailable("the source issued a token whose life was over when it arrived"))
            } else {
                Ok(token)
            }
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::token_unavailable("the token source panicked")),
    };
    let Some(cache) = cache.upgrade() else { return landing };
    let (landing, event) = cache.settle(landing, now);
    cache.tell(&event);
    landing
}

impl Inner {
    /// Ends the flight: the token becomes the current one, or the failure decides when the next try is due.
    fn settle(&self, landing: Landing, now: Moment) -> (Landing, Event) {
        let mut control = self.control();
        control.flight = None;
        match landing {
            Ok(token) => {
                control.failure = None;
                control.last_issue = Some(now);
                let margins = Margins::of(token.expires_in(), fastrand::f64());
                let entry = Entry { token: Arc::clone(&token), margins };
                let before = self.current.swap(Some(Arc::new(entry)));
                let expires_in = token.expires_in();
                let replaced = before.is_some_and(|before| !before.token.remaining(now).is_zero());
                (Ok(token), if replaced { Event::Refreshed { expires_in } } else { Event::Issued { expires_in } })
            }
            Err(error) => {
                // Without a failed operation behind it, a token did arrive; and one may have been issued and lost.
                if error.kind() == ErrorKind::TokenUnavailable || may_have_issued(&error) {
                    control.last_issue = Some(now);
                }
                let failure = Failure::after(control.failure.as_ref(), error.clone(), now, fastrand::f64());
                let next_try_in = failure.due_in(now);
                let shared = failure.shared(now);
                control.failure = Some(failure);
                (Err(shared), Event::RefreshFailed { error, next_try_in })
            }
        }
    }

    /// How long it is until the source may be asked again.
    fn due_in(&self, control: &Control, now: Moment) -> Duration {
        let after_failure = control.failure.as_ref().map_or(Duration::ZERO, |failure| failure.due_in(now));
        let after_issue = control
            .last_issue
            .map_or(Duration::ZERO, |last| self.source.least_interval().saturating_sub(now.since(last)));
        after_failure.max(after_issue)
    }

    fn tell(&self, event: &Event) {
        if let Some(hook) = &self.hook {
            // A hook that panics must neither lose a token nor end a flight.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(event)));
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.0.source).field("status", &self.status()).finish()
    }
}
