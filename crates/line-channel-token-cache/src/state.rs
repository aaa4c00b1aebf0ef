//! Everything about a cache that changes, except its current token; under one lock.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{Error, ErrorKind, Moment};

use crate::decide::admission::{Admission, immediate_again_in};
use crate::decide::backoff::{Failure, MAX_DELAY};
use crate::decide::slots::IssueLog;
use crate::decide::{Timestamp, delay_left};
use crate::in_flight::InFlight;
use crate::issue::RetireReason;
use crate::limiter::Lane;
use crate::policy::IssueLimits;
use crate::source::TokenSource;
use crate::sync::Task;
use crate::token::CachedToken;

/// After this many calls in a row that were cancelled with their runtime, the next attempt is delayed, because each of them may
/// have used up a slot. The delay is bounded, because the next caller's runtime may live long.
const MAX_CANCELLED: u8 = 6;
const MAX_DELAY_AFTER_CANCELLED: Duration = Duration::from_secs(60);

pub(crate) struct State {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) limits: IssueLimits,
    /// In a box, because most caches have none at a time.
    pub(crate) in_flight: Option<Box<InFlight>>,
    /// The number of the last refresh.
    pub(crate) last_call: u32,
    /// Somebody read a token that should be replaced, and no permit was free for it.
    pub(crate) requested: bool,
    /// A token is to be fetched until there is one, whether somebody asks or not.
    pub(crate) wanted: bool,
    /// After a failure too, because somebody may watch whether the cache is ready instead of asking for a token.
    pub(crate) warmed_up: bool,
    /// How many calls in a row were cancelled with their runtime.
    pub(crate) cancelled: u8,
    /// How many calls in a row were abandoned because their runtime seemed to be stalled.
    abandoned: u8,
    /// An abandoned call came to its end after all: the source blocks its thread, and no runtime is stalled.
    source_blocks: bool,
    /// How many tokens in a row were refused soon after they had come.
    refused_in_a_row: u8,
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
    /// The pool was full. Requests with its token may still be in flight.
    Evicted,
    /// `remove` was called.
    Removed,
}

/// A token, and why it is retired.
pub(crate) type Retiring = (Arc<CachedToken>, RetireReason);

/// A token that is no longer needed.
pub(crate) struct PendingRevocation {
    pub(crate) token: Arc<CachedToken>,
    pub(crate) reason: RetireReason,
    since: Timestamp,
    delay: Duration,
    failure: Option<Box<Failure>>,
    /// Whether its source is being told just now.
    pub(crate) in_progress: bool,
}

impl PendingRevocation {
    fn new(token: &Arc<CachedToken>, reason: RetireReason, since: Moment, delay: Duration) -> Self {
        Self { token: Arc::clone(token), reason, since: since.into(), delay, failure: None, in_progress: false }
    }

    pub(crate) fn due_in(&self, now: Moment) -> Duration {
        delay_left(self.delay, self.since, now).max(self.blocked_for(now))
    }

    /// How long it is until a revocation that failed is retried.
    pub(crate) fn blocked_for(&self, now: Moment) -> Duration {
        Failure::blocks_for(self.failure.as_deref(), now)
    }

    /// Notes a failure, and returns how long it is until the next attempt.
    pub(crate) fn failed(&mut self, error: Error, now: Moment) -> Duration {
        let failure = Failure::after(self.failure.as_deref(), error, None, now, fastrand::f64());
        let retry_in = failure.retry_in(now);
        self.failure = Some(Box::new(failure));
        self.in_progress = false;
        retry_in
    }
}

impl State {
    pub(crate) fn new(source: Arc<dyn TokenSource>, limits: IssueLimits) -> Self {
        Self {
            source,
            limits,
            in_flight: None,
            last_call: 0,
            requested: false,
            wanted: false,
            warmed_up: false,
            cancelled: 0,
            abandoned: 0,
            source_blocks: false,
            refused_in_a_row: 0,
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
    pub(crate) fn admission(&self, current: Option<&Arc<CachedToken>>, now: Moment) -> Admission<'_> {
        let holds_token = current.is_some_and(|token| token.is_valid(now));
        let last = current.or(self.refused.as_ref());
        Admission {
            closed: self.closed,
            failure: self.failure.as_deref(),
            issues: &self.issues,
            keep_until: self.keep_until.filter(|_| holds_token),
            min_interval: self.min_interval(last),
        }
    }

    /// The interval that is kept after the last token. If tokens that use up slots are refused one after the other, it doubles.
    fn min_interval(&self, last: Option<&Arc<CachedToken>>) -> Duration {
        let interval = self.limits.interval_after(last.and_then(|token| token.expires_in()));
        match self.refused_in_a_row.checked_sub(2) {
            Some(repeats) if self.limits.budget().is_some() => {
                interval.saturating_mul(2_u32.saturating_pow(u32::from(repeats) + 1)).min(MAX_DELAY.max(interval))
            }
            _ => interval,
        }
    }

    /// The lane of the next call.
    pub(crate) fn lane(&self, lane: Lane) -> Lane {
        if self.failure.is_some() { Lane::Unhealthy } else { lane }
    }

    /// A server has refused this token.
    pub(crate) fn note_refused(&mut self, token: &CachedToken, now: Moment) {
        let soon = token.expiry().age(now) < MAX_DELAY;
        self.refused_in_a_row = if soon { self.refused_in_a_row.saturating_add(1) } else { 1 };
        self.issues.mark_uncertain(token.serial());
    }

    /// A token was refused, or the credentials have changed: the source may be asked at once, but not repeatedly.
    pub(crate) fn allow_immediate_issue(&mut self, now: Moment) {
        let interval = self.limits.min_interval();
        let again = self.last_invalidation.is_some_and(|last| !immediate_again_in(interval, last, now).is_zero());
        if !again {
            self.last_invalidation = Some(now.into());
            self.issues.forget_last_issue();
            self.failure = None;
            self.keep_until = None;
        }
    }

    /// A call that the cache had given up has ended. If it was abandoned, its runtime is alive.
    pub(crate) fn note_late_end(&mut self) {
        self.source_blocks |= self.abandoned > 0;
    }

    /// A call that began then was cancelled with its runtime, after its source was asked: it may have used up a slot. If that
    /// happens again and again, the next attempt is delayed.
    pub(crate) fn note_cancelled(&mut self, begun_at: Moment) {
        self.cancelled = self.cancelled.saturating_add(1);
        let Some(repeats) = self.cancelled.checked_sub(MAX_CANCELLED).filter(|_| self.limits.budget().is_some()) else {
            return;
        };
        let delay = Duration::from_secs(2_u64.saturating_pow(u32::from(repeats))).min(MAX_DELAY_AFTER_CANCELLED);
        let error = Error::transient(
            "the calls for a token were cancelled one after the other, because the Tokio runtime of each has ended: let the \
             runtime live until the token has come",
        );
        self.failure = Some(Box::new(Failure::lasting(error, u32::from(repeats), begun_at, delay)));
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

    /// Takes out a refresh that nobody should wait for: its source was replaced, or its runtime is stalled. To be dropped
    /// after the lock is released.
    pub(crate) fn take_stalled(&mut self, now: Moment) -> Option<Box<InFlight>> {
        let refresh = self.in_flight.as_mut()?;
        if refresh.outdated {
            return self.in_flight.take();
        }
        let id = refresh.id;
        if refresh.is_stalled(now) { self.take_abandoned(id, now) } else { None }
    }

    /// Takes out a refresh that makes no progress. Only once in a row before its deadline: if the next one makes none either,
    /// it is the source that blocks its thread, and further calls would make it worse.
    pub(crate) fn take_abandoned(&mut self, id: u32, now: Moment) -> Option<Box<InFlight>> {
        let may_abandon_early = self.abandoned == 0 && !self.source_blocks;
        let abandoned = self.in_flight.take_if(|refresh| {
            refresh.id == id && (may_abandon_early || refresh.serial().is_none() || refresh.is_overdue(now))
        })?;
        self.abandoned = self.abandoned.saturating_add(1);
        Some(abandoned)
    }

    /// A new token has come: what was noted about the way to it is settled.
    pub(crate) fn token_accepted(&mut self) {
        self.failure = None;
        self.keep_until = None;
        self.refused = None;
        self.exhaustion_reported = false;
        self.wanted = false;
        self.cancelled = 0;
        self.abandoned = 0;
    }

    /// Retires a token after a while: requests with it may be in flight.
    pub(crate) fn retire_after(
        &mut self,
        token: &Arc<CachedToken>,
        reason: RetireReason,
        delay: Duration,
        now: Moment,
    ) {
        if !token.expiry().has_surely_expired(now) {
            self.pending_revocations.push(PendingRevocation::new(token, reason, now, delay));
        }
    }

    /// Retires a token that another has replaced, if the policy says so. One that others issued is left to them.
    pub(crate) fn retire_replaced(&mut self, token: &Arc<CachedToken>, now: Moment) {
        if let Some(grace) = self.limits.revoke_previous_after().filter(|_| !token.is_adopted()) {
            self.retire_after(token, RetireReason::Replaced, grace, now);
        }
    }

    /// Moves what the next cache of the channel must know to `to`; the call in flight stays.
    pub(crate) fn carry_over(&mut self, to: &mut Self) {
        let issues = std::mem::take(&mut self.issues);
        // Of several former caches the last one knows most: each had taken over from the one before.
        if issues.last_serial() > 0 {
            to.issues = issues;
        }
        to.failure = self.failure.take();
        to.last_invalidation = self.last_invalidation;
        to.exhaustion_reported = self.exhaustion_reported;
        self.pending_revocations.iter_mut().for_each(|pending| pending.in_progress = false);
        to.pending_revocations.append(&mut self.pending_revocations);
    }

    /// Forgets the tokens that have expired by themselves.
    pub(crate) fn prune_revocations(&mut self, now: Moment) {
        self.pending_revocations.retain(|pending| !pending.token.expiry().has_surely_expired(now));
    }

    pub(crate) fn is_revoking(&self) -> bool {
        self.revocation.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// How long it is until a token is to be revoked; `None` if there is none, or it is being done.
    pub(crate) fn revocation_due_in(&self, now: Moment) -> Option<Duration> {
        if self.is_revoking() {
            return None;
        }
        let waiting = self.pending_revocations.iter().filter(|pending| !pending.in_progress);
        waiting.map(|pending| pending.due_in(now)).min()
    }

    /// The tokens that are to be retired and for which `chosen` holds; from now on that is in progress. To retire one twice at a
    /// time does no harm.
    pub(crate) fn start_retiring(&mut self, chosen: impl Fn(&PendingRevocation) -> bool) -> Vec<Retiring> {
        let waiting = self.pending_revocations.iter_mut().filter(|pending| chosen(pending));
        let start = |pending: &mut PendingRevocation| {
            pending.in_progress = true;
            (Arc::clone(&pending.token), pending.reason)
        };
        waiting.map(start).collect()
    }
}
