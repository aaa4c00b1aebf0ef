//! The end of tokens: each is retired through its source when it is no longer needed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use line_channel_token_core::{Clock, Error, ErrorKind, Moment};

use crate::event::Event;
use crate::issue::{RetireReason, Retired};
use crate::shared::Shared;
use crate::source::{TokenSource, caught};
use crate::state::{PendingRevocation, RemovalCause, State};
use crate::sync;
use crate::token::CachedToken;

/// How long an issue waits for the revocations that go before it.
pub(crate) const SURPLUS_TIMEOUT: Duration = Duration::from_secs(5);

/// A token, and why it is retired.
pub(crate) type Retiring = (Arc<CachedToken>, RetireReason);

impl Shared {
    /// Retires a token as soon as the timer calls: nobody uses it.
    pub(crate) fn retire_soon(
        self: &Arc<Self>,
        state: &mut State,
        token: &Arc<CachedToken>,
        reason: RetireReason,
        now: Moment,
    ) {
        self.retire_after(state, token, reason, Duration::ZERO, now);
    }

    /// Retires a token after a while: requests with it may be in flight.
    pub(crate) fn retire_after(
        self: &Arc<Self>,
        state: &mut State,
        token: &Arc<CachedToken>,
        reason: RetireReason,
        wait: Duration,
        now: Moment,
    ) {
        if !token.expiry.has_surely_expired(now) {
            state.pending_revocations.push(PendingRevocation::new(token, reason, now, wait));
        }
    }

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
            let due = state.pending_revocations.iter().filter(|pending| pending.due_in(now).is_zero());
            let due: Vec<Retiring> = due.map(|pending| (Arc::clone(&pending.token), pending.reason)).collect();
            if due.is_empty() {
                return;
            }
            (due, Arc::clone(&state.source))
        };
        let cache = Arc::downgrade(self);
        let task = sync::spawn(async move {
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
        });
        // Outside of a runtime it waits for the next refresh.
        if let Ok(task) = task {
            let before = self.state().revocation.replace(task);
            drop(before);
        }
    }

    /// The tokens that would make a further one the third, but for those whose revocation failed a moment ago.
    pub(crate) fn surplus_tokens(&self) -> Vec<Retiring> {
        let now = self.now();
        let mut state = self.state();
        state.prune_revocations(now);
        let current = self.current.load().as_ref().is_some_and(|token| !token.expiry.has_surely_expired(now));
        if state.pending_revocations.len() + usize::from(current) < 2 {
            return Vec::new();
        }
        let due = state.pending_revocations.iter().filter(|pending| pending.blocked_for(now).is_zero());
        due.map(|pending| (Arc::clone(&pending.token), pending.reason)).collect()
    }

    /// Takes the channel out of service, because it leaves its pool.
    pub(crate) fn leave_pool(self: &Arc<Self>, cause: RemovalCause, now: Moment) {
        let mut state = self.state();
        state.closed = true;
        state.removal = Some(cause);
        match cause {
            RemovalCause::Evicted => {
                if let Some(token) = self.current.swap(None)
                    && let Some(grace) = state.policy.revoke_previous_after()
                {
                    self.retire_after(&mut state, &token, RetireReason::Replaced, grace, now);
                }
            }
            RemovalCause::Removed => {
                state.retire_on_arrival = Some(RetireReason::Removed);
                if let Some(token) = self.current.swap(None) {
                    self.retire_soon(&mut state, &token, RetireReason::Removed, now);
                }
                // It may come back with other credentials, which are tried at once.
                state.allow_immediate_issue(now);
            }
        }
        self.schedule(&mut state, now);
    }

    /// Whether tokens wait to be revoked, or one may still arrive that will.
    pub(crate) fn is_leaving(&self, now: Moment) -> bool {
        let mut state = self.state();
        state.prune_revocations(now);
        !state.pending_revocations.is_empty() || (state.in_flight.is_some() && state.retire_on_arrival.is_some())
    }

    /// Notes what became of a token.
    fn retired(self: &Arc<Self>, token: &CachedToken, outcome: Result<Retired, Error>) {
        let now = self.now();
        let mut state = self.state();
        let is_this = |pending: &PendingRevocation| pending.token.serial() == token.serial();
        let Some(at) = state.pending_revocations.iter().position(is_this) else { return };
        let event = match outcome {
            Err(error) if !is_gone(&error) => {
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
        drop(state);
        self.emit_all(event);
    }
}

/// Whether the server has no such token any more, which is what was wanted.
fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenRevoked | ErrorKind::InvalidToken)
}

/// Retires tokens, all at once. It keeps no cache alive.
pub(crate) async fn retire_all(cache: &Weak<Shared>, source: &Arc<dyn TokenSource>, tokens: Vec<Retiring>) {
    let Some(limit) = cache.upgrade().map(|cache| cache.settings.issue_timeout) else { return };
    join_all(tokens.iter().map(|(token, reason)| retire(cache, source, token, *reason, limit))).await;
}

/// Retires a token; `None` if that is not over in time.
pub(crate) async fn retire(
    cache: &Weak<Shared>,
    source: &Arc<dyn TokenSource>,
    token: &CachedToken,
    reason: RetireReason,
    limit: Duration,
) -> Option<Result<Retired, Error>> {
    let settings = cache.upgrade().map(|cache| Arc::clone(&cache.settings))?;
    let token_of_source = token.to_new_token();
    let call = source.retire(&token_of_source, reason);
    let outcome = within(&*settings.clock, limit, call).await;
    if let Some(cache) = cache.upgrade() {
        cache.retired(token, outcome.clone().unwrap_or_else(|| Err(too_late(limit))));
    }
    // A token that the server does not have is revoked.
    outcome.map(|outcome| outcome.or_else(|error| if is_gone(&error) { Ok(Retired::Revoked) } else { Err(error) }))
}

/// A call to a source with a deadline; a panic of it is an error. `None` once the deadline is over.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Option<Result<T, Error>> {
    let call = std::pin::pin!(caught(call, || Error::token_unavailable("the token source panicked")));
    match select(call, clock.nap(limit)).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

/// The error of a call that is not over in time.
pub(crate) fn too_late(limit: Duration) -> Error {
    Error::transient(format!("the token source did not respond within {} s", limit.as_secs_f64()))
}
