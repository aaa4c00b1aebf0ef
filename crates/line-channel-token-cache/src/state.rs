//! What changes about a cache, but for its current token; under one lock.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{ErrorKind, Moment};

use crate::decide::admission::{Admission, immediate_again_in};
use crate::decide::backoff::Failure;
use crate::decide::slots::IssueLog;
use crate::decide::{Timestamp, wait_left};
use crate::in_flight::InFlight;
use crate::issue::RetireReason;
use crate::limiter::Lane;
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::sync::Task;
use crate::token::CachedToken;

pub(crate) struct State {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) policy: SourcePolicy,
    pub(crate) in_flight: Option<InFlight>,
    pub(crate) last_call: u64,
    /// Somebody read a token that should be replaced, and no permit was free for it.
    pub(crate) requested: bool,
    /// A token is to be fetched until there is one, whether somebody asks or not.
    pub(crate) wanted: bool,
    /// After a failure too, because somebody may watch whether the cache is ready instead of asking for a token.
    pub(crate) warmed_up: bool,
    /// How many refreshes of the current token in a row were cancelled with their runtime.
    pub(crate) cancelled: u8,
    /// In a box, because most caches have none.
    pub(crate) failure: Option<Box<Failure>>,
    /// The source has asked to keep the present token until then.
    pub(crate) keep_until: Option<Timestamp>,
    pub(crate) last_invalidation: Option<Timestamp>,
    /// The token that a server refused, until the next one has come.
    pub(crate) refused: Option<Arc<CachedToken>>,
    pub(crate) issues: IssueLog,
    /// Whether it was reported that no further token can be had.
    pub(crate) exhaustion_reported: bool,
    pub(crate) pending_revocations: Vec<PendingRevocation>,
    pub(crate) revocation: Option<Task>,
    /// When the timer calls, by the monotonic clock.
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) closed: bool,
    /// Why the channel has left its pool.
    pub(crate) removal: Option<RemovalCause>,
    /// A token that still arrives is not needed any more.
    pub(crate) retire_on_arrival: Option<RetireReason>,
}

/// Why a channel leaves a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemovalCause {
    /// Others were used since. Who got its token of late may use it still.
    Evicted,
    /// `remove` was called.
    Removed,
}

/// A token that is no longer needed.
pub(crate) struct PendingRevocation {
    pub(crate) token: Arc<CachedToken>,
    pub(crate) reason: RetireReason,
    since: Timestamp,
    wait: Duration,
    failure: Option<Box<Failure>>,
}

impl PendingRevocation {
    pub(crate) fn new(token: &Arc<CachedToken>, reason: RetireReason, since: Moment, wait: Duration) -> Self {
        Self { token: Arc::clone(token), reason, since: since.into(), wait, failure: None }
    }

    pub(crate) fn due_in(&self, now: Moment) -> Duration {
        wait_left(self.wait, self.since, now).max(self.blocked_for(now))
    }

    /// How long it is until a revocation that failed is tried again.
    pub(crate) fn blocked_for(&self, now: Moment) -> Duration {
        Failure::blocks_for(self.failure.as_deref(), now)
    }

    /// Notes a failure, and returns how long it is until the next try.
    pub(crate) fn failed(&mut self, error: line_channel_token_core::Error, now: Moment) -> Duration {
        let failure = Failure::after(self.failure.as_deref(), error, None, now, fastrand::f64());
        let retry_in = failure.retry_in(now);
        self.failure = Some(Box::new(failure));
        retry_in
    }
}

impl State {
    pub(crate) fn new(source: Arc<dyn TokenSource>, policy: SourcePolicy) -> Self {
        Self {
            source,
            policy,
            in_flight: None,
            last_call: 0,
            requested: false,
            wanted: false,
            warmed_up: false,
            cancelled: 0,
            failure: None,
            keep_until: None,
            last_invalidation: None,
            refused: None,
            issues: IssueLog::default(),
            exhaustion_reported: false,
            pending_revocations: Vec::new(),
            revocation: None,
            wake_at: None,
            closed: false,
            removal: None,
            retire_on_arrival: None,
        }
    }

    /// What decides whether the source may be asked now. `current` is the current token.
    pub(crate) fn admission(&self, current: Option<&Arc<CachedToken>>) -> Admission<'_> {
        let last = current.or(self.refused.as_ref());
        Admission {
            closed: self.closed,
            failure: self.failure.as_deref(),
            issues: &self.issues,
            keep_until: self.keep_until,
            min_interval: self.policy.interval_after(last.and_then(|token| token.expires_in())),
        }
    }

    /// The lane of the next call.
    pub(crate) fn lane(&self, lane: Lane) -> Lane {
        if self.failure.is_some() { Lane::Retry } else { lane }
    }

    /// A token was refused, or other credentials have come: the source may be asked at once, but not again and again.
    pub(crate) fn allow_immediate_issue(&mut self, now: Moment) {
        let interval = self.policy.min_interval();
        let again = self.last_invalidation.is_some_and(|last| !immediate_again_in(interval, last, now).is_zero());
        if !again {
            self.last_invalidation = Some(now.into());
            self.issues.forget_last_issue();
            self.failure = None;
            self.keep_until = None;
        }
    }

    /// Whether refreshes in the background come to nothing, because each one's runtime ends before it is over: each may have used
    /// up a slot, so callers do it, once they have to wait anyway.
    pub(crate) fn leaves_refresh_to_callers(&self) -> bool {
        self.cancelled >= 3
    }

    /// A slot is free again: the next caller need not wait for one.
    pub(crate) fn slot_released(&mut self) {
        if self.failure.as_ref().is_some_and(|failure| failure.error.kind() == ErrorKind::IssueBudgetReached) {
            self.failure = None;
        }
    }

    /// Takes out a refresh whose runtime is stalled. To be dropped after the lock is released.
    pub(crate) fn take_overdue(&mut self, now: Moment) -> Option<InFlight> {
        self.in_flight.take_if(|refresh| refresh.is_overdue(now))
    }

    /// A new token has come: what was noted about the way to it is settled.
    pub(crate) fn token_accepted(&mut self) {
        self.failure = None;
        self.keep_until = None;
        self.refused = None;
        self.exhaustion_reported = false;
        self.wanted = false;
        self.cancelled = 0;
    }

    /// Retires a token after a while: requests with it may be in flight.
    pub(crate) fn retire_after(&mut self, token: &Arc<CachedToken>, reason: RetireReason, wait: Duration, now: Moment) {
        if !token.expiry.has_surely_expired(now) {
            self.pending_revocations.push(PendingRevocation::new(token, reason, now, wait));
        }
    }

    /// Retires a token that another has replaced, if the policy says so.
    pub(crate) fn retire_replaced(&mut self, token: &Arc<CachedToken>, now: Moment) {
        if let Some(grace) = self.policy.revoke_previous_after() {
            self.retire_after(token, RetireReason::Replaced, grace, now);
        }
    }

    /// Moves what a channel must still know to its next cache; the call in flight stays.
    pub(crate) fn hand_over(&mut self, to: &mut Self) {
        let issues = std::mem::take(&mut self.issues);
        // Of several former caches the last one knows most: each had taken over from the one before.
        if issues.last_serial() > 0 {
            to.issues = issues;
        }
        to.failure = self.failure.take();
        to.last_invalidation = self.last_invalidation;
        to.exhaustion_reported = self.exhaustion_reported;
        to.pending_revocations.append(&mut self.pending_revocations);
    }

    /// Forgets the tokens that have expired by themselves.
    pub(crate) fn prune_revocations(&mut self, now: Moment) {
        self.pending_revocations.retain(|pending| !pending.token.expiry.has_surely_expired(now));
    }

    pub(crate) fn is_revoking(&self) -> bool {
        self.revocation.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// How long it is until a token is to be revoked; `None` if there is none, or it is being done.
    pub(crate) fn revocation_due_in(&self, now: Moment) -> Option<Duration> {
        if self.is_revoking() {
            return None;
        }
        self.pending_revocations.iter().map(|pending| pending.due_in(now)).min()
    }
}
