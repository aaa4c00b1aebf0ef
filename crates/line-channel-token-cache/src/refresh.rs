//! When a refresh begins, for a caller, in the background or from the timer; and its end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use line_channel_token_core::{Error, Moment};

use crate::decide::Timestamp;
use crate::in_flight::{Call, InFlight, RefreshResult, Waiter};
use crate::issue::{IssueReason, Issued};
use crate::limiter::{Lane, Permit};
use crate::outcome::{EndedCall, Outcome};
use crate::policy::IssueLimits;
use crate::refresh_ahead::RefreshAhead;
use crate::refresh_task::{CancelOnDrop, Refresh};
use crate::shared::{Seen, Shared};
use crate::source::TokenSource;
use crate::state::State;
use crate::status::CacheState;
use crate::sync::{MutexGuard, Runtime};
use crate::timer::Scheduled;
use crate::token::CachedToken;
use crate::trace::{self, Trigger};

/// How soon readers check again if nothing says when.
const RECHECK_AFTER: Duration = Duration::from_millis(10);
/// How soon they check a call in flight again.
const RECHECK_CALL_AFTER: Duration = Duration::from_secs(10);

/// What a caller gets who cannot go on with the current token.
pub(crate) enum Joined {
    /// A refresh that was in flight.
    Waiting(Waiter),
    /// One that begins for this caller.
    Begun(Waiter),
    Current(Arc<CachedToken>),
}

/// A refresh that has been entered into the state and not been started yet, which happens outside of the lock.
struct Starting {
    call: Arc<Call>,
    task: Refresh,
}

/// How a refresh begins.
struct Begin {
    lane: Lane,
    /// Whether it is pointless once nobody waits for it.
    for_callers: bool,
    permit: Option<Permit>,
    /// How long the token must be valid.
    min_remaining: Duration,
}

impl Shared {
    /// The refresh in flight, or a new one for a token that is valid for at least `min_remaining`, if one may begin. `is_caller` says whether somebody
    /// waits for it.
    pub(crate) fn join_or_refresh(
        self: &Arc<Self>,
        seen: Seen,
        min_remaining: Duration,
        is_caller: bool,
    ) -> Result<Joined, Error> {
        let Seen { now, serial } = seen;
        self.abandon_stalled(now);
        let mut state = self.state();
        if let Some(refresh) = &state.in_flight {
            return Ok(Joined::Waiting(refresh.waiter()));
        }
        // One may have come since the caller checked.
        let current = self.current.load();
        if let Some(token) = &*current
            && serial != Some(token.serial())
            && token.expiry().state(now) == CacheState::Fresh
            && token.remaining(now) >= min_remaining
        {
            return Ok(Joined::Current(Arc::clone(token)));
        }
        if self.settings.refresh_ahead == RefreshAhead::Always {
            state.wanted = true;
        }
        state.admission(current.as_ref(), now).check(now)?;
        let runtime = Runtime::current()?;
        let begin = Begin { lane: state.lane(Lane::Caller), for_callers: is_caller, permit: None, min_remaining };
        let (waiter, starting) = self.begin(&mut state, begin, now);
        drop(state);
        self.start(&runtime, starting, Trigger::CurrentSpan, now);
        Ok(Joined::Begun(waiter))
    }

    /// Begins a refresh if one is due and none is in flight. If a pool has no permit to spare, it begins once there is one.
    pub(crate) fn refresh_in_background(self: &Arc<Self>, now: Moment) {
        self.abandon_stalled(now);
        let state = self.state();
        let current = self.current.load();
        let Some(token) = current.as_ref().filter(|token| token.expiry().state(now) != CacheState::Fresh) else {
            return;
        };
        if state.in_flight.is_some() {
            // A second check finds out whether it is stalled.
            token.expiry().recheck_when_mandatory_or_at(now.monotonic.saturating_add(RECHECK_CALL_AFTER));
            return;
        }
        if state.requested || state.leaves_refresh_to_callers() {
            token.expiry().recheck_when_mandatory_or_at(Duration::MAX);
            return;
        }
        let admitted = state.admission(Some(token), now).check(now).and_then(|()| Runtime::current());
        let recheck_in = match &admitted {
            Ok(_) => RECHECK_CALL_AFTER,
            Err(error) => error.retry_after().unwrap_or(RECHECK_AFTER),
        };
        token.expiry().recheck_when_mandatory_or_at(now.monotonic.saturating_add(recheck_in));
        if let Ok(runtime) = admitted {
            self.begin_or_queue(state, &runtime, now);
        }
    }

    /// Begins a refresh that is due though nobody asks just now.
    fn refresh_from_timer(self: &Arc<Self>, now: Moment) {
        self.abandon_stalled(now);
        let state = self.state();
        if self.refresh_due_in(&state, now).is_some_and(|delay| delay.is_zero())
            && let Ok(runtime) = Runtime::current()
        {
            self.begin_or_queue(state, &runtime, now);
        }
    }

    /// Begins a refresh in the background that is admitted, with a permit if there is one at once, and later otherwise.
    fn begin_or_queue(self: &Arc<Self>, mut state: MutexGuard<'_, State>, runtime: &Runtime, now: Moment) {
        let lane = state.lane(Lane::Background);
        let limiter = self.settings.limiter.as_ref();
        let permit = limiter.and_then(|limiter| limiter.try_acquire(lane));
        if let Some(limiter) = limiter.filter(|_| permit.is_none()) {
            state.requested = true;
            drop(state);
            let cache = Arc::downgrade(self);
            let start = move |permit| {
                if let Some(cache) = Weak::upgrade(&cache) {
                    cache.begin_queued(permit);
                }
            };
            limiter.start_when_free(lane, Box::new(start));
            return;
        }
        let (_, starting) =
            self.begin(&mut state, Begin { lane, for_callers: false, permit, min_remaining: Duration::ZERO }, now);
        drop(state);
        self.start(runtime, starting, Trigger::CurrentSpan, now);
    }

    /// Begins the refresh that was queued, unless it is not due any more.
    fn begin_queued(self: &Arc<Self>, permit: Permit) {
        let now = self.now();
        let mut permit = Some(permit);
        let runtime = Runtime::current();
        let mut state = self.state();
        let is_due = std::mem::take(&mut state.requested)
            && state.in_flight.is_none()
            && state.admission(self.current.load().as_ref(), now).check(now).is_ok();
        match runtime {
            Ok(runtime) if is_due => {
                let lane = state.lane(Lane::Background);
                let begin = Begin { lane, for_callers: false, permit: permit.take(), min_remaining: Duration::ZERO };
                let (_, starting) = self.begin(&mut state, begin, now);
                drop(state);
                self.start(&runtime, starting, Trigger::FreePermit, now);
            }
            // The permit was released outside of a runtime: the timer begins it.
            Err(_) if is_due => self.wake_at(&mut state, Some(Timestamp::FIRST)),
            _ => self.schedule(&mut state, now),
        }
        // The permit, if it was not used, is dropped after the lock.
    }

    /// Enters an admitted refresh into the state.
    fn begin(self: &Arc<Self>, state: &mut State, begin: Begin, now: Moment) -> (Waiter, Starting) {
        let Begin { lane, for_callers, permit, min_remaining } = begin;
        state.last_call = state.last_call.wrapping_add(1);
        state.requested = false;
        let id = state.last_call;
        let (refresh, call, result) = InFlight::new(id, permit, now);
        let waiter = refresh.waiter();
        let current = self.current.load();
        let (reason, replaces) = match (&state.refused, &*current) {
            (Some(refused), None) => (IssueReason::Refused, Some(refused.to_new_token())),
            (_, Some(token)) if token.is_valid(now) => (IssueReason::Ahead, Some(token.to_new_token())),
            (_, token) => (IssueReason::Cold, token.as_ref().map(|token| token.to_new_token())),
        };
        let task = Refresh {
            cancel: CancelOnDrop { cache: Arc::downgrade(self), call: Arc::clone(&call), id },
            cache: Arc::downgrade(self),
            source: Arc::clone(&state.source),
            settings: Arc::clone(&self.settings),
            lane,
            for_callers,
            reason,
            replaces,
            min_remaining,
            call: Arc::clone(&call),
            result,
        };
        state.in_flight = Some(Box::new(refresh));
        (waiter, Starting { call, task })
    }

    fn start(&self, runtime: &Runtime, starting: Starting, trigger: Trigger, now: Moment) {
        let Starting { call, task } = starting;
        // Not under the lock: a subscriber of spans may call the cache.
        let task = trace::in_refresh_span(self.channel.as_ref(), trigger, task.run());
        call.set_task(runtime.spawn(task));
        self.ensure_timer(now);
    }

    /// From now on another source is asked. The current token stays, and what failed before is forgotten.
    pub(crate) fn replace_source(self: &Arc<Self>, source: Arc<dyn TokenSource>, limits: IssueLimits) {
        let now = self.now();
        let mut state = self.state();
        // Dropped after the lock is released: it is user code.
        let before = std::mem::replace(&mut state.source, source);
        state.limits = limits;
        state.failure = None;
        state.keep_until = None;
        if let Some(refresh) = &mut state.in_flight {
            refresh.outdated = true;
        }
        if let Some(token) = &*self.current.load() {
            token.expiry().recheck_when_mandatory_or_at(Duration::ZERO);
        }
        self.schedule(&mut state, now);
        drop(state);
        drop(before);
        self.ensure_timer(now);
    }

    /// Gives up a refresh that makes no progress, if it may be: the next caller starts another. What it has issued still counts.
    pub(crate) fn abandon(&self, id: u32) -> bool {
        let now = self.now();
        let abandoned = self.state().take_abandoned(id, now);
        if let Some(refresh) = &abandoned {
            refresh.release_permit();
        }
        abandoned.is_some()
    }

    /// The same for one that was seen to make no progress between two checks; and for one whose source was replaced.
    fn abandon_stalled(&self, now: Moment) {
        let abandoned = self.state().take_stalled(now);
        if let Some(refresh) = abandoned.as_ref().filter(|refresh| !refresh.outdated) {
            refresh.release_permit();
        }
    }

    /// The task of a refresh ended without a result: its runtime has ended, or user code panicked. That is no failure of
    /// the source. This calls no clock: a clock may be what panicked.
    pub(crate) fn cancelled(self: &Arc<Self>, id: u32) {
        let _ended;
        let mut state = self.state();
        _ended = state.in_flight.take_if(|refresh| refresh.id == id);
        let Some(refresh) = &_ended else { return };
        if refresh.serial().is_some() {
            state.note_cancelled(refresh.begun_at());
        }
        if let Some(token) = &*self.current.load() {
            token.expiry().recheck_when_mandatory_or_at(Duration::ZERO);
        }
        self.wake_at(&mut state, Some(Timestamp::FIRST));
    }

    /// Ends a refresh. `None` if its outcome says nothing to the waiters, and they start another.
    pub(crate) fn complete(
        self: &Arc<Self>,
        id: u32,
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
        if call.late {
            state.note_late_end();
        }
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
    fn run_due(self: Arc<Self>) {
        let now = self.now();
        {
            let mut state = self.state();
            // Unless another moment was agreed on just now.
            state.wake_at = state.wake_at.filter(|at| !at.time_left(now).is_zero());
        }
        self.revoke_due(now);
        self.refresh_from_timer(now);
        self.schedule(&mut self.state(), now);
    }

    fn timer_ended(&self) {
        if let Some(token) = &*self.current.load() {
            token.expiry().recheck_when_mandatory_or_at(Duration::ZERO);
        }
    }
}
