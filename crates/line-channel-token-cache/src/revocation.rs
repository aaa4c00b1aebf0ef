//! The end of tokens: each is retired through its source when it is no longer needed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{join, join_all};
use line_channel_token_core::{Error, ErrorKind, Moment};

use crate::decide::Timestamp;
use crate::event::Event;
use crate::in_flight::Waited;
use crate::issue::{RetireReason, Retired};
use crate::shared::Shared;
use crate::shutdown::RevocationReport;
use crate::source::TokenSource;
use crate::state::{PendingRevocation, RemovalCause, Retiring, State};
use crate::sync;
use crate::token::CachedToken;
use crate::trace;
use crate::wait::{deadline_exceeded, timeout};

/// How long an issue waits for the revocations that go before it.
pub(crate) const SURPLUS_TIMEOUT: Duration = Duration::from_secs(5);

impl Shared {
    /// The tokens that this cache holds: the current one, and those that wait to be revoked.
    pub(crate) fn held_tokens(&self, state: &State) -> Vec<Arc<CachedToken>> {
        let pending = state.pending_revocations.iter().map(|pending| Arc::clone(&pending.token));
        pending.chain(self.current.load_full()).collect()
    }

    /// Retires what is due, in a task of its own.
    pub(crate) fn revoke_due(self: &Arc<Self>, now: Moment) {
        let (due, source) = {
            let mut state = self.state();
            state.prune_revocations(now);
            if state.is_revoking() {
                return;
            }
            let due = state.start_retiring(|pending| !pending.in_progress && pending.due_in(now).is_zero());
            if due.is_empty() {
                return;
            }
            (due, Arc::clone(&state.source))
        };
        let cache = Arc::downgrade(self);
        let task = sync::spawn(trace::in_revocation_span(self.channel.as_ref(), async move {
            retire_all(&cache, &source, due).await;
            if let Some(cache) = cache.upgrade() {
                let now = cache.now();
                let mut state = cache.state();
                // This is the task, and it is over.
                let ended = state.revocation.take();
                cache.schedule(&mut state, now);
                drop(state);
                drop(ended);
            }
        }));
        // Outside of a runtime it waits for the timer's next task.
        if let Ok(task) = task {
            let before = self.state().revocation.replace(task);
            drop(before);
        }
    }

    /// The tokens that would make a further one the third, except those whose revocation failed a moment ago.
    pub(crate) fn surplus_tokens(&self) -> Vec<Retiring> {
        let now = self.now();
        let mut state = self.state();
        state.prune_revocations(now);
        let current = self.current.load().as_ref().is_some_and(|token| !token.expiry().has_surely_expired(now));
        if state.pending_revocations.len() + usize::from(current) < 2 {
            return Vec::new();
        }
        state.start_retiring(|pending| pending.blocked_for(now).is_zero())
    }

    /// Takes the channel out of service, because it leaves its pool.
    pub(crate) fn leave_pool(self: &Arc<Self>, cause: RemovalCause, now: Moment) {
        let mut state = self.state();
        state.closed = true;
        state.removal = Some(cause);
        match cause {
            RemovalCause::Evicted => {
                if let Some(token) = self.current.swap(None) {
                    state.retire_replaced(&token, now);
                }
            }
            RemovalCause::Removed => {
                state.retire_on_arrival = Some(RetireReason::Removed);
                if let Some(token) = self.current.swap(None) {
                    state.retire_after(&token, RetireReason::Removed, Duration::ZERO, now);
                }
                // It may come back with other credentials, which are used at once.
                state.allow_immediate_issue(now);
            }
        }
        self.schedule(&mut state, now);
    }

    /// Takes a channel back into its pool that was evicted in the middle of a call, and says whether this was one.
    pub(crate) fn reinstate(&self) -> bool {
        let mut state = self.state();
        let is_one = state.removal == Some(RemovalCause::Evicted) && state.in_flight.is_some();
        if is_one {
            state.removal = None;
            state.closed = false;
        }
        is_one
    }

    /// Whether tokens wait to be revoked, or one may still arrive that will.
    pub(crate) fn is_leaving(&self, now: Moment) -> bool {
        let mut state = self.state();
        state.prune_revocations(now);
        !state.pending_revocations.is_empty() || state.in_flight.is_some()
    }

    /// Reports the tokens that are left to expire because the cache is no longer kept.
    pub(crate) fn report_left_to_expire(&self) {
        let left = self.state().pending_revocations.len();
        for _ in 0..left {
            let error = Error::token_unavailable(
                "too many channels left the pool at a time to wait for the revocation of their tokens: this one is left to expire",
            );
            self.emit(&Event::RevocationFailed { error, retry_in: Duration::MAX });
        }
    }

    /// Notes what became of a token.
    fn retired(self: &Arc<Self>, token: &CachedToken, outcome: Result<Retired, Error>) {
        let now = self.now();
        let mut state = self.state();
        let is_this = |pending: &PendingRevocation| pending.token.serial() == token.serial();
        let Some(at) = state.pending_revocations.iter().position(is_this) else { return };
        let event = match outcome {
            Err(error) if !no_longer_exists(&error) => {
                let retry_in = state.pending_revocations[at].failed(error.clone(), now);
                Some(Event::RevocationFailed { error, retry_in })
            }
            Ok(Retired::LeftToExpire) => {
                state.pending_revocations.swap_remove(at);
                None
            }
            _ => {
                state.pending_revocations.swap_remove(at);
                state.issues.release(token.serial());
                state.slot_released();
                Some(Event::Revoked { key_id: token.key_id().cloned() })
            }
        };
        self.schedule(&mut state, now);
        drop(state);
        self.ensure_timer(now);
        self.emit_all(event);
    }

    /// From now on no call is begun.
    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    /// Waits for the call in flight and retires what waits for it; the current token too, if there is a `reason`.
    pub(crate) async fn finish(self: &Arc<Self>, limit: Duration, reason: Option<RetireReason>) -> RevocationReport {
        let clock = self.clock();
        let end = clock.now().monotonic.saturating_add(limit);
        let waiter = {
            let mut state = self.state();
            state.closed = true;
            state.retire_on_arrival = reason.or(state.retire_on_arrival);
            state.in_flight.as_ref().map(|refresh| refresh.waiter())
        };
        // A part of the time is left for a token that still arrives.
        let arrival = async {
            match waiter {
                Some(waiter) => matches!(waiter.wait(clock, Some(limit / 4 * 3)).await, Waited::TimedOut),
                None => false,
            }
        };
        let (mut report, is_in_flight) = join(self.retire_everything(limit, reason, |_| true), arrival).await;
        let left = end.saturating_sub(clock.now().monotonic);
        let now = clock.now();
        let is_new = move |pending: &PendingRevocation| !pending.in_progress && pending.blocked_for(now).is_zero();
        report.add(self.retire_everything(left, reason, is_new).await);
        report.calls_in_flight = usize::from(is_in_flight);
        report
    }

    /// Retires what waits for it; the current token too, if there is a `reason`.
    async fn retire_everything(
        self: &Arc<Self>,
        limit: Duration,
        reason: Option<RetireReason>,
        chosen: impl Fn(&PendingRevocation) -> bool,
    ) -> RevocationReport {
        let now = self.now();
        let mut report = RevocationReport::default();
        let (retiring, source) = {
            let mut state = self.state();
            let current = reason.and_then(|reason| self.current.swap(None).map(|token| (token, reason)));
            if let Some((token, reason)) = current {
                // What others issued is theirs, unless the channel was removed.
                if token.is_adopted() && reason == RetireReason::Shutdown {
                    report.left_to_expire += 1;
                } else {
                    state.retire_after(&token, reason, Duration::ZERO, now);
                }
            }
            state.prune_revocations(now);
            (state.start_retiring(chosen), Arc::clone(&state.source))
        };
        let weak = Arc::downgrade(self);
        let outcomes = retiring.iter().map(|(token, reason)| retire(&weak, &source, token, *reason, limit));
        for outcome in join_all(outcomes).await {
            match outcome {
                Some(Ok(Retired::Revoked)) => report.revoked += 1,
                Some(Ok(Retired::LeftToExpire)) => report.left_to_expire += 1,
                Some(Err(error)) => {
                    report.failed += 1;
                    report.last_error = Some(error);
                }
                None => report.unfinished += 1,
            }
        }
        report
    }
}

/// Lets a revocation be retried that ended without an outcome, with its task or its runtime.
struct RetryOnDrop<'a> {
    cache: &'a Weak<Shared>,
    serial: u64,
}

impl Drop for RetryOnDrop<'_> {
    fn drop(&mut self) {
        let Some(cache) = self.cache.upgrade() else { return };
        let mut state = cache.state();
        let is_this = |pending: &&mut PendingRevocation| pending.token.serial() == self.serial && pending.in_progress;
        // After its outcome was noted this finds none.
        if let Some(pending) = state.pending_revocations.iter_mut().find(is_this) {
            pending.in_progress = false;
            cache.wake_at(&mut state, Some(Timestamp::FIRST));
        }
    }
}

/// Whether the server has no such token any more, which is the goal.
fn no_longer_exists(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenRevoked | ErrorKind::InvalidToken)
}

/// Retires tokens, all at once. It keeps no cache alive.
pub(crate) async fn retire_all(cache: &Weak<Shared>, source: &Arc<dyn TokenSource>, tokens: Vec<Retiring>) {
    let Some(limit) = cache.upgrade().map(|cache| cache.settings.issue_timeout) else { return };
    join_all(tokens.iter().map(|(token, reason)| retire(cache, source, token, *reason, limit))).await;
}

/// Retires a token; `None` if that is not over in time.
async fn retire(
    cache: &Weak<Shared>,
    source: &Arc<dyn TokenSource>,
    token: &CachedToken,
    reason: RetireReason,
    limit: Duration,
) -> Option<Result<Retired, Error>> {
    let _retry = RetryOnDrop { cache, serial: token.serial() };
    let settings = cache.upgrade().map(|cache| Arc::clone(&cache.settings))?;
    let token_of_source = token.to_new_token();
    let call = async { source.retire(&token_of_source, reason).await };
    let outcome = timeout(&*settings.clock, limit, call).await;
    if let Some(cache) = cache.upgrade() {
        cache.retired(token, outcome.clone().unwrap_or_else(|| Err(deadline_exceeded(limit))));
    }
    // A token that the server does not have is revoked.
    outcome.map(|outcome| {
        outcome.or_else(|error| if no_longer_exists(&error) { Ok(Retired::Revoked) } else { Err(error) })
    })
}
