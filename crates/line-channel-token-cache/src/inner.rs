//! What the handles of a cache share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use line_channel_token_core::{ChannelId, Clock, Moment};

use crate::control::Control;
use crate::dock::Dock;
use crate::keeper::Keeper;
use crate::life::nanos;
use crate::policy::Policy;
use crate::sync::{Mutex, MutexGuard};
use crate::{CacheState, CachedToken, Event, RefreshAhead, TokenSource};

/// A use is noted this seldom, so that readers do not take a cache line from each other.
const GRAIN: Duration = Duration::from_millis(100);

pub(crate) type Hook = Arc<dyn Fn(Option<&ChannelId>, &Event) + Send + Sync>;

/// What all caches of a pool share; a cache by itself has its own.
pub(crate) struct Settings {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hook: Option<Hook>,
    pub(crate) refresh_ahead: RefreshAhead,
    pub(crate) keeper: Keeper,
    /// Bounds the calls of a pool.
    pub(crate) dock: Option<Arc<Dock>>,
}

/// When a caller looked, and at which token.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) now: Moment,
    pub(crate) serial: Option<u64>,
}

pub(crate) struct Inner {
    pub(crate) source: Arc<dyn TokenSource>,
    /// The channel's id in a pool, where the source does not know it.
    channel: Option<ChannelId>,
    pub(crate) policy: Policy,
    pub(crate) settings: Arc<Settings>,
    pub(crate) current: ArcSwapOption<CachedToken>,
    /// By the monotonic clock, in nanoseconds.
    last_used: AtomicU64,
    control: Mutex<Control>,
}

impl Inner {
    pub(crate) fn new(source: Arc<dyn TokenSource>, channel: Option<&ChannelId>, settings: Arc<Settings>) -> Self {
        let channel = channel.filter(|_| source.channel_id().is_none()).cloned();
        let (policy, current) = (Policy::of(&*source), ArcSwapOption::empty());
        Self { source, channel, policy, settings, current, last_used: AtomicU64::new(0), control: Mutex::default() }
    }

    pub(crate) fn channel(&self) -> Option<&ChannelId> {
        self.source.channel_id().or(self.channel.as_ref())
    }

    pub(crate) fn now(&self) -> Moment {
        self.settings.clock.now()
    }

    pub(crate) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock()
    }

    /// Lends the current token where a glance at the clock is enough to know that it is good.
    #[inline]
    pub(crate) fn at_a_glance<T>(&self, read: impl FnOnce(&Arc<CachedToken>) -> T) -> Option<T> {
        let current = self.current.load();
        let token = current.as_ref()?;
        let glance = self.settings.clock.glance();
        if !token.life.is_good_at(glance) {
            return None;
        }
        self.note_use(glance);
        Some(read(token))
    }

    /// Looks closer at the current token: hands it out where callers need not wait, and sees to it that a new one is
    /// fetched where that is due. Otherwise it says what it saw.
    pub(crate) fn look(self: &Arc<Self>) -> Result<Arc<CachedToken>, Seen> {
        let now = self.now();
        self.used(now);
        let current = self.current.load();
        let Some(token) = current.as_ref() else { return Err(Seen { now, serial: None }) };
        match token.life.state(now) {
            CacheState::Fresh => token.life.look_when_advisory(),
            CacheState::Advisory => self.refresh_in_background(now),
            _ => return Err(Seen { now, serial: Some(token.serial()) }),
        }
        Ok(Arc::clone(token))
    }

    /// When somebody last asked for the token, by the monotonic clock, in nanoseconds and a little coarsely.
    #[inline]
    pub(crate) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    pub(crate) fn used(&self, now: Moment) {
        self.last_used.store(nanos(now.monotonic), Ordering::Relaxed);
    }

    #[inline]
    fn note_use(&self, now: Moment) {
        if nanos(now.monotonic).saturating_sub(self.last_used()) > nanos(GRAIN) {
            self.used(now);
        }
    }

    /// Tells those who watch; never under a lock.
    pub(crate) fn tell(&self, event: &Event) {
        let channel = self.channel();
        let has_token = || self.current.load().as_ref().is_some_and(|token| !token.remaining(self.now()).is_zero());
        crate::trace::event(channel, event, has_token);
        if let Some(hook) = &self.settings.hook {
            // A hook that panics must neither lose a token nor end a flight.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(channel, event)));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let wake_at = self.control.lock().wake_at.take();
        if let Some(at) = wake_at {
            self.settings.keeper.forget(at, self);
        }
    }
}
