//! What the handles of a cache share: reading the current token, and reporting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use line_channel_token_core::{ChannelId, Clock, Moment, SystemClock};

use crate::builder::Common;
use crate::decide::{Timestamp, nanos};
use crate::event::{Event, Hook};
use crate::limiter::Limiter;
use crate::policy::IssueLimits;
use crate::refresh_ahead::RefreshAhead;
use crate::source::TokenSource;
use crate::state::State;
use crate::status::CacheState;
use crate::sync::{Mutex, MutexGuard};
use crate::timer::Timer;
use crate::token::CachedToken;
use crate::trace;

/// The shortest time between two records of a use, so that readers do not contend for a cache line.
const USE_GRANULARITY: Duration = Duration::from_millis(100);
/// The timer is not asked to call sooner than this.
const MIN_SLEEP: Duration = Duration::from_millis(10);

/// What all caches of a pool share; a single cache has its own.
pub(crate) struct Settings {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hook: Option<Hook>,
    pub(crate) refresh_ahead: RefreshAhead,
    /// The deadline of each call to a source.
    pub(crate) issue_timeout: Duration,
    pub(crate) timer: Timer,
    /// Bounds the calls of a pool.
    pub(crate) limiter: Option<Arc<Limiter>>,
}

impl Settings {
    /// `of_source` is the clock to use if the builder was given none.
    pub(crate) fn new(common: Common, of_source: Option<&Arc<dyn Clock>>, limiter: Option<Arc<Limiter>>) -> Arc<Self> {
        let Common { clock, hook, refresh_ahead, issue_timeout } = common;
        let clock = clock.or_else(|| of_source.cloned()).unwrap_or_else(|| Arc::new(SystemClock));
        Arc::new(Self { clock, hook, refresh_ahead, issue_timeout, timer: Timer::default(), limiter })
    }
}

/// When a caller checked, and which token it saw.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) now: Moment,
    pub(crate) serial: Option<u64>,
}

/// In this order, because a read of a pool with many channels is mostly the loading of cache lines: what it needs is in one.
#[repr(C, align(64))]
pub(crate) struct Shared {
    pub(crate) current: ArcSwapOption<CachedToken>,
    pub(crate) settings: Arc<Settings>,
    /// By the monotonic clock, in nanoseconds.
    last_used: AtomicU64,
    pub(crate) channel: Option<ChannelId>,
    state: Mutex<State>,
}

impl Shared {
    /// `limits` are those of the source's policy.
    pub(crate) fn new(
        source: Arc<dyn TokenSource>,
        limits: IssueLimits,
        channel: Option<ChannelId>,
        settings: Arc<Settings>,
    ) -> Self {
        Self {
            channel,
            settings,
            current: ArcSwapOption::empty(),
            last_used: AtomicU64::new(0),
            state: Mutex::new(State::new(source, limits)),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.settings.clock
    }

    pub(crate) fn now(&self) -> Moment {
        self.settings.clock.now()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Lends the current token if the coarse time is enough to know that it is fresh.
    #[inline]
    pub(crate) fn try_fresh<T>(&self, read: impl FnOnce(&Arc<CachedToken>) -> T) -> Option<T> {
        let current = self.load_fresh(self.settings.clock.now_coarse())?;
        Some(read(current.as_ref()?))
    }

    /// The current token if it is fresh at `coarse`, without a change to the count of its handles. The guard never holds `None`.
    ///
    /// It calls no code of users, so that it may run under a lock.
    #[inline]
    pub(crate) fn load_fresh(&self, coarse: Moment) -> Option<Guard<Option<Arc<CachedToken>>>> {
        let current = self.current.load();
        let token = current.as_ref()?;
        if !token.expiry().is_fresh_at(coarse) {
            return None;
        }
        if nanos(coarse.monotonic).saturating_sub(self.last_used()) > nanos(USE_GRANULARITY) {
            self.record_use(coarse);
        }
        Some(current)
    }

    /// The current token, if callers need not wait for the next; and starts to fetch a new one if that is due. Otherwise what
    /// was seen.
    pub(crate) fn current_or_refresh(self: &Arc<Self>) -> Result<Arc<CachedToken>, Seen> {
        let now = self.now();
        self.record_use(now);
        let current = self.current.load();
        let Some(token) = current.as_ref() else { return Err(Seen { now, serial: None }) };
        match token.expiry().state(now) {
            CacheState::Fresh => {
                token.expiry().recheck_when_advisory();
                self.ensure_timer(now);
            }
            CacheState::Advisory => self.refresh_in_background(now),
            _ => return Err(Seen { now, serial: Some(token.serial()) }),
        }
        Ok(Arc::clone(token))
    }

    /// Whether there is a valid token.
    pub(crate) fn holds_token(&self, now: Moment) -> bool {
        self.current.load().as_ref().is_some_and(|token| token.is_valid(now))
    }

    /// When somebody last asked for the token, by the monotonic clock, in nanoseconds and a little coarsely.
    #[inline]
    pub(crate) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    pub(crate) fn record_use(&self, now: Moment) {
        self.last_used.store(nanos(now.monotonic), Ordering::Relaxed);
    }

    /// Tells the timer when to call. The timer's task is started by [`ensure_timer`](Self::ensure_timer), without the lock.
    pub(crate) fn schedule(self: &Arc<Self>, state: &mut State, now: Moment) {
        let next = [self.refresh_due_in(state, now), state.revocation_due_in(now)].into_iter().flatten().min();
        let wake_at = next.map(|delay| Timestamp::after(now, delay.max(MIN_SLEEP)));
        self.wake_at(state, wake_at);
    }

    pub(crate) fn wake_at(self: &Arc<Self>, state: &mut State, at: Option<Timestamp>) {
        let before = std::mem::replace(&mut state.wake_at, at);
        self.settings.timer.schedule(self, before, at);
    }

    pub(crate) fn ensure_timer(&self, now: Moment) {
        self.settings.timer.ensure_task(&self.settings.clock, now);
    }

    /// How long it is until a new token should be fetched without being asked for; `None` if it should not.
    pub(crate) fn refresh_due_in(&self, state: &State, now: Moment) -> Option<Duration> {
        if state.closed || state.in_flight.is_some() || state.requested {
            return None;
        }
        let current = self.current.load();
        let retry_in = || state.admission(current.as_ref(), now).retry_in(now);
        let is_wanted = state.wanted || (state.warmed_up && state.failure.is_some());
        let valid_for = current.as_ref().map_or(Duration::ZERO, |token| token.remaining(now));
        let wanted_in = is_wanted.then(|| retry_in().max(valid_for));
        let ahead_in = current.as_ref().and_then(|token| self.refresh_ahead_in(state, token, retry_in, now));
        [wanted_in, ahead_in].into_iter().flatten().min()
    }

    /// How long it is until this token should be replaced ahead of its expiry; `None` if it should not.
    fn refresh_ahead_in(
        &self,
        state: &State,
        token: &CachedToken,
        retry_in: impl FnOnce() -> Duration,
        now: Moment,
    ) -> Option<Duration> {
        let refresh_in = token.expiry().refresh_in(now)?;
        let is_due = match (self.settings.refresh_ahead, token.expiry().state(now)) {
            (RefreshAhead::OnRead, _) => false,
            (_, CacheState::Fresh) => return Some(refresh_in),
            (_, CacheState::Advisory) if state.leaves_refresh_to_callers() => false,
            (RefreshAhead::Always, _) => true,
            (_, CacheState::Expired) => false,
            _ => token.expiry().was_used(self.last_used()),
        };
        is_due.then(retry_in)
    }

    /// Reports an event; never under a lock.
    pub(crate) fn emit(&self, event: &Event) {
        let channel = self.channel.as_ref();
        trace::event(channel, event, || self.holds_token(self.now()));
        if let Some(hook) = &self.settings.hook {
            // A hook that panics must neither lose a token nor end a refresh.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(channel, event)));
        }
    }

    pub(crate) fn emit_all(&self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.emit(&event));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let wake_at = self.state.lock().wake_at.take();
        if let Some(at) = wake_at {
            self.settings.timer.cancel(at, self);
        }
    }
}
