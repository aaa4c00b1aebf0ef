//! What the outcome of a call changes: a new current token, a failure, or nothing for a while.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use line_channel_token_core::{Error, ErrorKind, Moment};

use crate::decide::Timestamp;
use crate::decide::admission::closed;
use crate::decide::backoff::{Failure, MAX_DELAY, may_have_issued};
use crate::event::Event;
use crate::in_flight::{PROGRESS_INTERVAL, RefreshResult};
use crate::issue::{Issued, NewToken, RetireReason};
use crate::state::{RemovalCause, State};
use crate::token::CachedToken;

/// The longest that an exhausted budget keeps a cache with a valid token from asking again.
const MAX_DELAY_WITH_TOKEN: Duration = Duration::from_secs(3600);

/// The call that has ended.
pub(crate) struct EndedCall {
    /// Its number in the issue log; 0 if the source was not called.
    pub(crate) serial: u64,
    pub(crate) begun_at: Moment,
    /// Whether the cache had given the refresh up.
    pub(crate) late: bool,
    /// Whether the source was replaced meanwhile.
    pub(crate) outdated: bool,
}

/// Applies an outcome to what a cache has, under its lock.
pub(crate) struct Outcome<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) current: &'a ArcSwapOption<CachedToken>,
    pub(crate) now: Moment,
    /// To be reported once the lock is released.
    pub(crate) events: Vec<Event>,
}

impl Outcome<'_> {
    /// The result for the waiters; `None` if it says nothing to them, and they start another refresh.
    pub(crate) fn apply(&mut self, call: &EndedCall, outcome: Result<Issued, Error>) -> Option<RefreshResult> {
        let result = match outcome {
            Ok(Issued::New(token)) => {
                self.state.issues.confirm(call.serial, token.lifetime, token.key_id.clone(), self.now);
                if self.state.removal == Some(RemovalCause::Removed) {
                    // The channel's next source is asked at once.
                    self.state.issues.forget_last_issue();
                }
                self.accept(token, call)
            }
            Ok(Issued::Adopted(token)) => {
                self.state.issues.release(call.serial);
                self.accept(NewToken { is_adopted: true, ..token }, call)
            }
            Ok(Issued::Keep { ask_again_in }) => {
                self.state.issues.release(call.serial);
                self.keep(ask_again_in.max(Duration::from_secs(1)))
            }
            Err(error) => {
                if !may_have_issued(&error) {
                    self.state.issues.release(call.serial);
                }
                Err(error)
            }
        };
        match result {
            Err(_) if call.outdated || (call.late && self.state.removal.is_none()) => None,
            Err(_) if self.state.removal == Some(RemovalCause::Removed) => {
                Some(Err(closed("the channel was removed from the pool")))
            }
            Err(error) if self.state.closed && self.state.removal.is_none() => Some(Err(error)),
            Err(error) => Some(Err(self.note_failure(error))),
            Ok(token) => Some(Ok(token)),
        }
    }

    fn holds_token(&self) -> bool {
        self.current.load().as_ref().is_some_and(|token| token.is_valid(self.now))
    }

    fn accept(&mut self, mut token: NewToken, call: &EndedCall) -> RefreshResult {
        if let Some(fallback) = token.fallback.take() {
            self.events.push(Event::FallbackSignerUsed { rejected: fallback.rejected, used: fallback.used });
        }
        let token = Arc::new(CachedToken::new(token, call.serial, self.now, fastrand::f32()));
        if let Some(reason) = self.state.retire_on_arrival {
            // What others issued is theirs, unless the channel was removed.
            if !token.is_adopted() || reason != RetireReason::Shutdown {
                self.state.retire_after(&token, reason, Duration::ZERO, self.now);
            }
            return Err(closed("the token cache was shut down, or its channel removed"));
        }
        if !token.is_valid(self.now) {
            let of_another_clock = !token.is_adopted() && was_sent_before(&token, call.begun_at);
            return Err(Error::token_unavailable(if of_another_clock {
                "the token's request was sent before the source was asked: its `sent_at` is of another clock; give the \
                 cache or pool the clock of the source's client (`Client::clock`), or take `sent_at` from `IssueRequest::clock`"
            } else {
                "the token expired before it could be returned"
            }));
        }
        if call.late && self.holds_token() {
            // Another refresh has brought a token meanwhile.
            self.state.retire_replaced(&token, self.now);
            return Ok(token);
        }
        self.state.token_accepted();
        let expires_in = token.expires_in();
        let before = self.current.swap(Some(Arc::clone(&token)));
        if let Some(before) = before.as_ref().filter(|before| !before.has_text_of(&token)) {
            self.state.retire_replaced(before, self.now);
        }
        if self.state.removal == Some(RemovalCause::Evicted) {
            // The waiters get it; the cache is not asked again.
            self.state.retire_replaced(&token, self.now);
        }
        self.events.push(match before {
            Some(before) if before.is_valid(self.now) => Event::Refreshed { expires_in },
            _ => Event::Issued { expires_in },
        });
        Ok(token)
    }

    fn keep(&mut self, ask_again_in: Duration) -> RefreshResult {
        let current = self.current.load();
        let Some(token) = current.as_ref().filter(|token| token.is_valid(self.now)) else {
            let message = "the source says to keep the present token, and there is no valid one";
            return Err(Error::transient(message).with_retry_after(ask_again_in));
        };
        self.state.failure = None;
        let ask_again_in = ask_again_in.min(token.remaining(self.now));
        self.state.keep_until = Some(Timestamp::after(self.now, ask_again_in));
        token.expiry().recheck_when_mandatory_or_at(self.now.monotonic.saturating_add(ask_again_in));
        Ok(Arc::clone(token))
    }

    /// Notes why there is no new token, and returns the error with the delay until the next attempt.
    fn note_failure(&mut self, error: Error) -> Error {
        let is_exhausted = error.kind() == ErrorKind::IssueBudgetReached;
        let failure = if is_exhausted { self.exhaustion(error.clone()) } else { self.failure(error.clone()) };
        self.state.failure = Some(Box::new(failure));
        let current = self.current.load();
        let retry_in = self.state.admission(current.as_ref(), self.now).retry_in(self.now);
        if let Some(token) = &*current {
            token.expiry().recheck_when_mandatory_or_at(self.now.monotonic.saturating_add(retry_in));
        }
        if !is_exhausted {
            self.events.push(Event::RefreshFailed { error: error.clone(), retry_in });
        } else if !std::mem::replace(&mut self.state.exhaustion_reported, true) {
            let slots = self.state.limits.budget().map_or(0, |budget| budget.slots());
            let available_in = error.retry_after().unwrap_or(Duration::MAX);
            self.events.push(Event::BudgetExhausted { slots, available_in });
        }
        error.with_retry_after(retry_in)
    }

    fn failure(&self, error: Error) -> Failure {
        let has_slot = !self.state.issues.is_used_up(self.state.limits.budget(), self.now);
        let valid_for = self.current.load().as_ref().map_or(Duration::ZERO, |token| token.remaining(self.now));
        let urgent_in = Some(valid_for).filter(|_| has_slot);
        Failure::after(self.state.failure.as_deref(), error, urgent_in, self.now, fastrand::f64())
    }

    fn exhaustion(&self, error: Error) -> Failure {
        // Once there is no valid token, it is no longer the delay of a cache that has one.
        let valid_for = self.current.load().as_ref().map_or(Duration::ZERO, |token| token.remaining(self.now));
        let longest = valid_for.min(MAX_DELAY_WITH_TOKEN).max(MAX_DELAY);
        let delay = error.retry_after().unwrap_or(longest).clamp(Duration::from_secs(1), longest);
        let attempts = self.state.failure.as_ref().map_or(0, |failure| failure.attempts());
        Failure::lasting(error, attempts, self.now, delay)
    }
}

/// Whether a token seems to be expired because its request was sent long before its source was asked.
fn was_sent_before(token: &CachedToken, begun_at: Moment) -> bool {
    let has_lifetime = token.expires_in().is_some_and(|lifetime| !lifetime.is_zero());
    has_lifetime && begun_at.since(token.expiry().sent_at()) > PROGRESS_INTERVAL
}
