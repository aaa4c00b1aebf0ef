//! When a refresh begins, for a caller, in the background or from the timer; and its end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use line_channel_token_core::{Error, Moment};

use crate::builder::RefreshAhead;
use crate::decide::Timestamp;
use crate::in_flight::{Call, InFlight, RefreshResult, Waiter};
use crate::issue::{IssueReason, Issued};
use crate::limiter::{Lane, Permit};
use crate::outcome::{EndedCall, Outcome};
use crate::refresh_task::{CancelOnDrop, Refresh};
use crate::shared::{Seen, Shared};
use crate::source::TokenSource;
use crate::state::State;
use crate::status::CacheState;
use crate::sync::Runtime;
use crate::timer::Scheduled;
use crate::token::CachedToken;
use crate::trace;

/// How soon readers look again if nothing says when.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a caller gets who cannot go on with the current token.
pub(crate) enum Joined {
    Waiting(Waiter),
    Current(Arc<CachedToken>),
}

/// A refresh that has been entered into the state and not been started yet, which happens outside of the lock.
struct Starting {
    call: Arc<Call>,
    task: BoxFuture<'static, ()>,
}

impl Shared {
    /// The refresh in flight, or a new one if one may begin.
    pub(crate) fn join_or_refresh(self: &Arc<Self>, seen: Seen) -> Result<Joined, Error> {
        let Seen { now, serial } = seen;
        // Dropped after the lock is released.
        let _overdue;
        let mut state = self.state();
        _overdue = state.take_overdue(now);
        if let Some(refresh) = &state.in_flight {
            return Ok(Joined::Waiting(refresh.waiter()));
        }
        // One may have come since the caller looked.
        let current = self.current.load();
        if let Some(token) = &*current
            && serial != Some(token.serial())
            && token.expiry.state(now) == CacheState::Fresh
        {
            return Ok(Joined::Current(Arc::clone(token)));
        }
        if self.settings.refresh_ahead == RefreshAhead::Always {
            state.wanted = true;
        }
        state.admission(current.as_ref()).check(now)?;
        let runtime = Runtime::current()?;
        let lane = state.lane(Lane::Caller);
        let (waiter, starting) = self.begin(&mut state, lane, None, now);
        drop(state);
        self.start(&runtime, starting, now);
        Ok(Joined::Waiting(waiter))
    }

    /// Begins a refresh if one is due and none is in flight. If a pool has no permit to spare, its timer begins it later.
    pub(crate) fn refresh_in_background(self: &Arc<Self>, now: Moment) {
        let _overdue;
        let mut state = self.state();
        _overdue = state.take_overdue(now);
        let current = self.current.load();
        let Some(token) = current.as_ref().filter(|token| token.expiry.state(now) != CacheState::Fresh) else { return };
        if state.in_flight.is_some() || state.requested || state.leaves_refresh_to_callers() {
            token.expiry.recheck_when_mandatory_or_at(Duration::MAX);
            return;
        }
        let admitted = state.admission(Some(token)).check(now).and_then(|()| Runtime::current());
        let recheck_in = match &admitted {
            // Its end says when to look again.
            Ok(_) => Duration::MAX,
            Err(error) => error.retry_after().unwrap_or(LOOK_AGAIN),
        };
        token.expiry.recheck_when_mandatory_or_at(now.monotonic.saturating_add(recheck_in));
        let Ok(runtime) = admitted else { return };
        let lane = state.lane(Lane::Background);
        let permit = self.settings.limiter.as_ref().map(|limiter| limiter.try_acquire(lane));
        if permit.as_ref().is_some_and(Option::is_none) {
            state.requested = true;
            self.schedule(&mut state, now);
            drop(state);
            self.ensure_timer(now);
            return;
        }
        let (_, starting) = self.begin(&mut state, lane, permit.flatten(), now);
        drop(state);
        self.start(&runtime, starting, now);
    }

    /// Begins a refresh that is due though nobody asks just now.
    fn refresh_from_timer(self: &Arc<Self>, permit: Option<Permit>, now: Moment) -> Option<BoxFuture<'static, ()>> {
        let _overdue;
        // Dropped after the lock is released, if it is not used.
        let mut permit = permit;
        let mut state = self.state();
        _overdue = state.take_overdue(now);
        if !self.refresh_due_in(&state, now).is_some_and(|wait| wait.is_zero()) {
            return None;
        }
        let runtime = Runtime::current().ok()?;
        let lane = state.lane(Lane::Background);
        // A channel whose last call failed waits for its permit in a task of its own, so that the timer can go on.
        if let Some(limiter) = self.settings.limiter.as_ref().filter(|_| lane == Lane::Background && permit.is_none()) {
            permit = limiter.try_acquire(lane);
            if permit.is_none() {
                let limiter = Arc::clone(limiter);
                let mut due = DueAgainOnDrop(Arc::downgrade(self));
                return Some(Box::pin(async move {
                    let permit = limiter.acquire(Lane::Background).await;
                    if let Some(cache) = std::mem::take(&mut due.0).upgrade() {
                        let now = cache.now();
                        cache.refresh_from_timer(Some(permit), now);
                    }
                }));
            }
        }
        let (_, starting) = self.begin(&mut state, lane, permit.take(), now);
        drop(state);
        self.start(&runtime, starting, now);
        None
    }

    /// Enters an admitted refresh into the state.
    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        lane: Lane,
        permit: Option<Permit>,
        now: Moment,
    ) -> (Waiter, Starting) {
        state.last_call += 1;
        state.requested = false;
        let id = state.last_call;
        let (refresh, call, result) = InFlight::new(id, lane, permit, now);
        let waiter = refresh.waiter();
        let current = self.current.load();
        let (reason, replaces) = match (&state.refused, &*current) {
            (Some(refused), None) => (IssueReason::Refused, Some(refused.to_new_token())),
            (_, Some(token)) if token.is_valid(now) => (IssueReason::Ahead, Some(token.to_new_token())),
            (_, token) => (IssueReason::Cold, token.as_ref().map(|token| token.to_new_token())),
        };
        let refresh_task = Refresh {
            cancel: CancelOnDrop { cache: Arc::downgrade(self), id },
            cache: Arc::downgrade(self),
            source: Arc::clone(&state.source),
            settings: Arc::clone(&self.settings),
            lane,
            reason,
            replaces,
            call: Arc::clone(&call),
            result,
        };
        state.in_flight = Some(refresh);
        let task = Box::pin(trace::in_span(self.channel.as_ref(), refresh_task.run()));
        (waiter, Starting { call, task })
    }

    fn start(&self, runtime: &Runtime, starting: Starting, now: Moment) {
        let Starting { call, task } = starting;
        call.set_task(runtime.spawn(task));
        self.ensure_timer(now);
    }

    /// From now on another source is asked. The current token stays, and what failed before is forgotten.
    pub(crate) fn replace_source(self: &Arc<Self>, source: Arc<dyn TokenSource>) {
        let policy = source.policy().without_channel();
        let now = self.now();
        let mut state = self.state();
        // Dropped after the lock is released: it is user code.
        let before = std::mem::replace(&mut state.source, source);
        state.policy = policy;
        state.failure = None;
        state.keep_until = None;
        if let Some(refresh) = &mut state.in_flight {
            refresh.outdated = true;
        }
        if let Some(token) = &*self.current.load() {
            token.expiry.recheck_when_mandatory_or_at(Duration::ZERO);
        }
        self.schedule(&mut state, now);
        drop(state);
        drop(before);
        self.ensure_timer(now);
    }

    /// Gives up a refresh whose runtime is stalled: the next caller starts anew. What it has issued still counts.
    pub(crate) fn abandon(&self, id: u64) {
        let abandoned = self.state().in_flight.take_if(|refresh| refresh.id == id);
        drop(abandoned);
    }

    /// The task of a refresh ended without a result: its runtime has ended, or somebody's code panicked. That is no failure of
    /// the source. It calls no clock: a clock may be what panicked.
    pub(crate) fn cancelled(self: &Arc<Self>, id: u64) {
        let _ended;
        let mut state = self.state();
        _ended = state.in_flight.take_if(|refresh| refresh.id == id);
        let Some(refresh) = &_ended else { return };
        if refresh.lane == Lane::Background && refresh.serial().is_some() {
            state.cancelled = state.cancelled.saturating_add(1);
        }
        if let Some(token) = &*self.current.load() {
            token.expiry.recheck_when_mandatory_or_at(Duration::ZERO);
        }
        self.wake_at(&mut state, Some(Timestamp::FIRST));
    }

    /// Ends a refresh. `None` if its outcome says nothing to those who wait, and they start anew.
    pub(crate) fn complete(
        self: &Arc<Self>,
        id: u64,
        serial: Option<u64>,
        outcome: Result<Issued, Error>,
        begun_at: Moment,
    ) -> Option<RefreshResult> {
        let now = self.now();
        // Dropped after the lock is released.
        let ended;
        let mut state = self.state();
        ended = state.in_flight.take_if(|refresh| refresh.id == id);
        let call = EndedCall {
            serial: serial.unwrap_or_default(),
            begun_at,
            late: ended.is_none(),
            outdated: ended.as_ref().is_some_and(|refresh| refresh.outdated),
        };
        let mut applying = Outcome { state: &mut state, current: &self.current, now, events: Vec::new() };
        let result = applying.apply(&call, outcome);
        let events = applying.events;
        self.schedule(&mut state, now);
        drop(state);
        drop(ended);
        self.ensure_timer(now);
        self.emit_all(events);
        result
    }
}

impl Scheduled for Shared {
    fn run_due(self: Arc<Self>) -> Option<BoxFuture<'static, ()>> {
        let now = self.now();
        {
            let mut state = self.state();
            // Unless another moment was agreed on just now.
            state.wake_at = state.wake_at.filter(|at| !at.time_left(now).is_zero());
        }
        self.revoke_due(now);
        let wait = self.refresh_from_timer(None, now);
        if wait.is_none() {
            self.schedule(&mut self.state(), now);
        }
        wait
    }

    fn timer_ended(&self) {
        if let Some(token) = &*self.current.load() {
            token.expiry.recheck_when_mandatory_or_at(Duration::ZERO);
        }
    }
}

/// Lets the timer call again if its task ends while it waits for a permit.
struct DueAgainOnDrop(Weak<Shared>);

impl Drop for DueAgainOnDrop {
    fn drop(&mut self) {
        if let Some(cache) = self.0.upgrade() {
            cache.wake_at(&mut cache.state(), Some(Timestamp::FIRST));
        }
    }
}
