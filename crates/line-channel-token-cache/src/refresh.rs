//! The one task of a refresh: permit, deadline, call, publish.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use line_channel_token_core::{Error, ErrorKind, Moment, Sent, TokenKeyId};
use tokio::sync::watch;

use crate::decide::Timestamp;
use crate::decide::backoff::{Failure, MAX_WAIT, may_have_issued};
use crate::decide::slots::Listing;
use crate::event::Event;
use crate::in_flight::{Call, InFlight, PROGRESS_EVERY, RefreshResult, Waiter};
use crate::issue::{IssueReason, IssueRequest, Issued, RetireReason, after};
use crate::limiter::{Lane, Permit};
use crate::new_token::NewToken;
use crate::refresh_ahead::RefreshAhead;
use crate::revocation::{SURPLUS_TIMEOUT, retire_all, too_late, within};
use crate::shared::{Seen, Settings, Shared};
use crate::source::{TokenSource, caught};
use crate::state::{RemovalCause, State};
use crate::status::CacheState;
use crate::sync::Runtime;
use crate::timer::Scheduled;
use crate::token::CachedToken;
use crate::trace;

/// How soon readers look again if nothing says when.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long an issue waits for the listing that goes before it.
const LISTING_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that an exhausted budget keeps a cache with a valid token from looking again.
const MAX_WAIT_WITH_TOKEN: Duration = Duration::from_secs(3600);

/// A token, as it comes from a source.
struct Arrival {
    token: NewToken,
    /// The number of its call in the issue log.
    serial: u64,
    /// When the source was asked, if the token was issued then.
    begun_at: Option<Moment>,
    /// Whether the cache had given the refresh up.
    late: bool,
}

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
        // Dropped after the lock is given back.
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
        // Dropped after the lock is given back, if it is not used.
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
            _cancel: CancelOnDrop { cache: Arc::downgrade(self), id },
            cache: Arc::downgrade(self),
            source: Arc::clone(&state.source),
            settings: Arc::clone(&self.settings),
            id,
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
        // Dropped after the lock is given back: it is the code of others.
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

    /// Gives up a refresh whose runtime stands still: the next caller starts anew. What it has issued still counts.
    pub(crate) fn abandon(&self, id: u64) {
        let abandoned = self.state().in_flight.take_if(|refresh| refresh.id == id);
        drop(abandoned);
    }

    /// The task of a refresh ended without a result: its runtime has ended, or somebody's code panicked. That is no failure of
    /// the source. It calls no clock: a clock may be what panicked.
    fn cancelled(self: &Arc<Self>, id: u64) {
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

    /// Ends a refresh: its token becomes the current one, or the failure decides when the next try is due. `None` if it says
    /// nothing to those who wait, and they start anew.
    fn complete(
        self: &Arc<Self>,
        refresh: &Refresh,
        outcome: Result<Issued, Error>,
        begun_at: Moment,
    ) -> Option<RefreshResult> {
        let now = self.now();
        let id = refresh.id;
        let serial = refresh.call.serial().unwrap_or_default();
        let mut events = Vec::new();
        // Dropped after the lock is given back.
        let ended;
        let mut state = self.state();
        ended = state.in_flight.take_if(|refresh| refresh.id == id);
        let late = ended.is_none();
        let outdated = ended.as_ref().is_some_and(|refresh| refresh.outdated);
        let result = match outcome {
            Ok(Issued::New(token)) => {
                state.issues.confirm(serial, token.lifetime, token.key_id.clone(), now);
                if state.removal == Some(RemovalCause::Removed) {
                    // The channel's next source is asked at once.
                    state.issues.forget_last_issue();
                }
                let arrival = Arrival { token, serial, begun_at: Some(begun_at), late };
                self.accept(&mut state, arrival, now, &mut events)
            }
            Ok(Issued::Adopted(token)) => {
                state.issues.release(serial);
                self.accept(&mut state, Arrival { token, serial, begun_at: None, late }, now, &mut events)
            }
            Ok(Issued::Keep { ask_again_in }) => {
                state.issues.release(serial);
                self.keep(&mut state, ask_again_in.max(Duration::from_secs(1)), now)
            }
            Err(error) => {
                if !may_have_issued(&error) {
                    state.issues.release(serial);
                }
                Err(error)
            }
        };
        let result = match result {
            Err(_) if outdated || (late && state.removal.is_none()) => None,
            Err(error) if state.removal.is_some() || state.closed => Some(Err(error)),
            Err(error) => Some(Err(self.note_failure(&mut state, error, now, &mut events))),
            Ok(token) => Some(Ok(token)),
        };
        self.schedule(&mut state, now);
        drop(state);
        drop(ended);
        self.ensure_timer(now);
        self.emit_all(events);
        result
    }

    /// Takes a token in.
    fn accept(
        self: &Arc<Self>,
        state: &mut State,
        arrival: Arrival,
        now: Moment,
        events: &mut Vec<Event>,
    ) -> RefreshResult {
        let Arrival { mut token, serial, begun_at, late } = arrival;
        if let Some(fallback) = token.fallback.take() {
            events.push(Event::FallbackSignerUsed { rejected: fallback.rejected, used: fallback.used });
        }
        let token = Arc::new(CachedToken::new(token, serial, now, fastrand::f64()));
        if let Some(reason) = state.retire_on_arrival {
            self.retire_soon(state, &token, reason, now);
            return Err(Error::token_unavailable("the token cache was shut down, or its channel removed"));
        }
        if !token.is_valid(now) {
            return Err(Error::token_unavailable(if is_of_another_clock(&token, begun_at) {
                "the token's request was sent before the source was asked: its `sent_at` is of another clock; take it from \
                 `IssueRequest::clock`"
            } else {
                "the token expired before it could be returned"
            }));
        }
        if late && self.holds_token(now) {
            // Another refresh has brought a token meanwhile.
            self.retire_replaced(state, &token, now);
            return Ok(token);
        }
        state.failure = None;
        state.keep_until = None;
        state.refused = None;
        state.exhaustion_reported = false;
        state.wanted = false;
        state.cancelled = 0;
        let expires_in = token.expires_in();
        let before = self.current.swap(Some(Arc::clone(&token)));
        if let Some(before) = before.as_ref().filter(|before| !before.has_text_of(&token)) {
            self.retire_replaced(state, before, now);
        }
        if state.removal == Some(RemovalCause::Evicted) {
            // Those who wait get it; the cache is not asked again.
            self.retire_replaced(state, &token, now);
        }
        events.push(match before {
            Some(before) if before.is_valid(now) => Event::Refreshed { expires_in },
            _ => Event::Issued { expires_in },
        });
        Ok(token)
    }

    fn keep(&self, state: &mut State, ask_again_in: Duration, now: Moment) -> RefreshResult {
        let current = self.current.load();
        let Some(token) = current.as_ref().filter(|token| token.is_valid(now)) else {
            let message = "the source says to keep the present token, and there is no valid one";
            return Err(Error::transient(message).with_retry_after(ask_again_in));
        };
        state.failure = None;
        state.keep_until = Some(Timestamp::after(now, ask_again_in));
        token.expiry.recheck_when_mandatory_or_at(now.monotonic.saturating_add(ask_again_in));
        Ok(Arc::clone(token))
    }

    /// Notes why there is no new token, and returns the error with when the next try is due.
    fn note_failure(&self, state: &mut State, error: Error, now: Moment, events: &mut Vec<Event>) -> Error {
        let holds_token = self.holds_token(now);
        let is_exhausted = error.kind() == ErrorKind::IssueBudgetReached;
        let failure = if is_exhausted {
            let longest = if holds_token { MAX_WAIT_WITH_TOKEN } else { MAX_WAIT };
            let wait = error.retry_after().unwrap_or(longest).clamp(Duration::from_secs(1), longest);
            let attempts = state.failure.as_ref().map_or(0, |failure| failure.attempts());
            Failure::lasting(error.clone(), attempts, now, wait)
        } else {
            let has_slot = !state.issues.is_used_up(state.policy.budget(), now);
            let valid_for = self.current.load().as_ref().map_or(Duration::ZERO, |token| token.remaining(now));
            let urgent_in = Some(valid_for).filter(|_| has_slot);
            Failure::after(state.failure.as_deref(), error.clone(), urgent_in, now, fastrand::f64())
        };
        state.failure = Some(Box::new(failure));
        let current = self.current.load();
        let retry_in = state.admission(current.as_ref()).retry_in(now);
        if let Some(token) = &*current {
            token.expiry.recheck_when_mandatory_or_at(now.monotonic.saturating_add(retry_in));
        }
        if !is_exhausted {
            events.push(Event::RefreshFailed { error: error.clone(), retry_in });
        } else if !std::mem::replace(&mut state.exhaustion_reported, true) {
            let slots = state.policy.budget().map_or(0, |budget| budget.slots());
            events.push(Event::BudgetExhausted { slots, available_in: error.retry_after().unwrap_or(Duration::MAX) });
        }
        error.with_retry_after(retry_in)
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

/// Whether a token seems to be expired because it was sent for long before its source was asked.
fn is_of_another_clock(token: &CachedToken, begun_at: Option<Moment>) -> bool {
    let has_lifetime = token.expires_in().is_some_and(|lifetime| !lifetime.is_zero());
    let sent_at = token.expiry.sent_at();
    has_lifetime && begun_at.is_some_and(|begun_at| begun_at.since(sent_at) > PROGRESS_EVERY)
}

/// A refresh, as its task runs it. It keeps no cache alive.
struct Refresh {
    /// Before `result`, because fields are dropped in this order: whoever sees that the channel is closed finds no refresh in
    /// flight. And here instead of in `run`, because a task may be dropped before it was ever polled.
    _cancel: CancelOnDrop,
    cache: Weak<Shared>,
    source: Arc<dyn TokenSource>,
    settings: Arc<Settings>,
    id: u64,
    lane: Lane,
    reason: IssueReason,
    replaces: Option<NewToken>,
    call: Arc<Call>,
    result: watch::Sender<Option<RefreshResult>>,
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

/// Tells the cache that the task has ended without a result, whatever ended it.
struct CancelOnDrop {
    cache: Weak<Shared>,
    id: u64,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // After `complete` this finds another refresh, or none.
        if let Some(cache) = self.cache.upgrade() {
            cache.cancelled(self.id);
        }
    }
}

impl Refresh {
    async fn run(self) {
        if !self.wait_for_permit().await {
            return;
        }
        let clock = &*self.settings.clock;
        let begun_at = clock.now();
        let deadline = after(begun_at, self.settings.issue_timeout);
        self.call.set_deadline(deadline);
        let outcome = self.attempt_until(deadline).await;
        if let Some(cache) = self.cache.upgrade() {
            let published = cache.complete(&self, outcome, begun_at);
            // Nobody may wait any more.
            self.result.send_replace(published);
        }
    }

    /// Whether there is a permit. If the refresh is one for callers and all of them gave up, it gives up too: nothing was sent.
    async fn wait_for_permit(&self) -> bool {
        let Some(limiter) = self.settings.limiter.as_ref().filter(|_| !self.call.has_permit()) else { return true };
        let mut permit = std::pin::pin!(limiter.acquire(self.lane));
        loop {
            match select(permit, self.settings.clock.nap(PROGRESS_EVERY)).await {
                Either::Left((permit, _)) => {
                    self.call.hold(permit);
                    return true;
                }
                Either::Right(((), waiting)) => permit = waiting,
            }
            self.call.report_progress();
            // One receiver is the cache's own.
            if self.lane != Lane::Background && self.result.receiver_count() <= 1 {
                return false;
            }
        }
    }

    async fn attempt_until(&self, deadline: Moment) -> Result<Issued, Error> {
        let clock = &*self.settings.clock;
        let panicked = || self.unanswered(Error::token_unavailable("the token source panicked"));
        let mut attempt = std::pin::pin!(caught(self.attempt(deadline), panicked));
        loop {
            let left = deadline.monotonic.saturating_sub(clock.now().monotonic);
            if left.is_zero() {
                return Err(self.unanswered(too_late(self.settings.issue_timeout)));
            }
            match select(attempt, clock.nap(left.min(PROGRESS_EVERY))).await {
                Either::Left((outcome, _)) => return outcome,
                Either::Right(((), running)) => attempt = running,
            }
            self.call.report_progress();
        }
    }

    /// The error of a call whose response will not come. If slots are limited, it may have used one up.
    fn unanswered(&self, error: Error) -> Error {
        let has_budget = self.cache.upgrade().is_some_and(|cache| cache.state().policy.budget().is_some());
        if has_budget && self.call.serial().is_some() { error.with_sent(Sent::Maybe) } else { error }
    }

    /// Makes sure of a slot and calls the source.
    async fn attempt(&self, deadline: Moment) -> Result<Issued, Error> {
        self.settle_slots().await?;
        self.revoke_surplus().await;
        let clock = &*self.settings.clock;
        if let Some(cache) = self.cache.upgrade() {
            let now = clock.now();
            let mut state = cache.state();
            let budget = state.policy.budget();
            let serial = state.issues.reserve(budget, now);
            drop(state);
            self.call.set_serial(serial);
        }
        let mut request = IssueRequest::new(self.reason, clock).with_deadline(deadline);
        if let Some(token) = &self.replaces {
            request = request.with_replaces(token);
        }
        match self.source.issue(request).await {
            Err(error) if error.kind() == ErrorKind::TokenLimitReached => Err(self.explain_limit(error).await),
            outcome => outcome,
        }
    }

    /// Before the budget says no, the server is asked: what it lists settles what is uncertain here.
    async fn settle_slots(&self) -> Result<(), Error> {
        let used_up = |cache: Arc<Shared>| {
            let state = cache.state();
            let budget = state.policy.budget().filter(|budget| state.issues.is_used_up(Some(*budget), cache.now()));
            budget.map(|budget| (budget, state.issues.last_serial()))
        };
        let Some((budget, last_serial)) = self.cache.upgrade().and_then(used_up) else { return Ok(()) };
        let listed = self.list().await;
        let Some(cache) = self.cache.upgrade() else { return Ok(()) };
        let now = cache.now();
        let holds_token = cache.holds_token(now);
        let mut state = cache.state();
        let listing = match &listed {
            Some(key_ids) => {
                state.issues.compare(key_ids, last_serial, None);
                Listing::Listed(key_ids.len())
            }
            None => Listing::Unavailable,
        };
        if !state.issues.is_used_up(Some(budget), now) {
            return Ok(());
        }
        let Err(available_in) = state.issues.may_exceed(budget, listing, holds_token, now) else { return Ok(()) };
        let (slots, used) = (budget.slots(), state.issues.used(now));
        drop(state);
        let message = match listing {
            Listing::Listed(count) => format!(
                "issue budget reached: this cache uses {used} of the channel's slots, and LINE lists {count} valid tokens of \
                 30; a slot is free once a token is revoked or expires: revoke those that nobody needs, then call `reconcile`"
            ),
            Listing::Unavailable => format!(
                "issue budget reached: this cache uses {used} of the channel's 30 slots, or may use them because responses \
                 were lost, and its budget is {slots}; a slot is free once a token expires or is revoked"
            ),
        };
        Err(Error::issue_budget_reached(message).with_retry_after(available_in))
    }

    /// The channel's tokens as the server lists them; `None` if they cannot be listed, or not in time.
    async fn list(&self) -> Option<Vec<TokenKeyId>> {
        let listed = within(&*self.settings.clock, LISTING_TIMEOUT, self.source.key_ids()).await;
        listed.and_then(Result::ok).flatten()
    }

    /// LINE refuses the token because there are 30: which of them does this cache not know?
    async fn explain_limit(&self, error: Error) -> Error {
        let listed = self.list().await;
        let Some(cache) = self.cache.upgrade() else { return error };
        let (known, first_time) = {
            let mut state = cache.state();
            if let (Some(key_ids), Some(serial)) = (&listed, self.call.serial()) {
                state.issues.compare(key_ids, serial, Some(serial));
            }
            (cache.held_tokens(&state), !std::mem::replace(&mut state.exhaustion_reported, true))
        };
        let count = listed.as_ref().map(Vec::len);
        let mut unknown = listed.unwrap_or_default();
        unknown.retain(|id| !known.iter().any(|token| token.key_id() == Some(id)));
        let hint = match count {
            Some(count) if !unknown.is_empty() => {
                let ids: Vec<&str> = unknown.iter().map(|id| id.as_str()).collect();
                format!(
                    "LINE lists {count} valid tokens, of which this cache does not know {}: {}; they are of other processes, of \
                     earlier runs, or their response was lost; a slot is free once one is revoked or expires",
                    ids.len(),
                    ids.join(", ")
                )
            }
            _ => "a slot is free once a token is revoked or expires; `key_ids` lists them".to_owned(),
        };
        if first_time {
            cache.emit(&Event::TokenLimitReached { listed: count, unknown });
        }
        error.with_hint(hint)
    }

    /// Before a further token is issued, revokes those that would make it the third. If that fails or takes long, a token
    /// is worth more than a slot.
    async fn revoke_surplus(&self) {
        let Some(surplus) = self.cache.upgrade().map(|cache| cache.surplus_tokens()).filter(|it| !it.is_empty()) else {
            return;
        };
        let revocation = std::pin::pin!(retire_all(&self.cache, &self.source, surplus));
        select(revocation, self.settings.clock.nap(SURPLUS_TIMEOUT)).await;
    }
}

impl Shared {
    /// Why a token that is replaced is retired: only if the policy says so.
    fn retire_replaced(self: &Arc<Self>, state: &mut State, token: &Arc<CachedToken>, now: Moment) {
        if let Some(grace) = state.policy.revoke_previous_after() {
            self.retire_after(state, token, RetireReason::Replaced, grace, now);
        }
    }
}
