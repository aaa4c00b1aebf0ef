//! The task of a refresh: permit, slot, deadline, call, publish.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_core::{Error, ErrorKind, Moment, Sent, TokenKeyId};
use tokio::sync::watch;

use crate::decide::slots::Listing;
use crate::event::{Event, shown_key_ids};
use crate::in_flight::{Call, PROGRESS_INTERVAL, RefreshResult};
use crate::issue::{IssueReason, IssueRequest, Issued, NewToken, after};
use crate::limiter::Lane;
use crate::revocation::{SURPLUS_TIMEOUT, retire_all};
use crate::shared::{Settings, Shared};
use crate::source::{TokenSource, catch_panic};
use crate::wait::{deadline_exceeded, sleep, timeout};

/// How long an issue waits for the listing that goes before it, or after it; and never more than a quarter of its deadline.
const LISTING_TIMEOUT: Duration = Duration::from_secs(10);
/// A call that has been running for this long counts as one of an unhealthy channel.
const SLOW_AFTER: Duration = Duration::from_secs(5);

/// A refresh, as its task runs it. It keeps no cache alive.
pub(crate) struct Refresh {
    /// Before `result`, because fields are dropped in this order: a waiter who sees that the channel is closed finds no refresh in
    /// flight. And here instead of in `run`, because a task may be dropped before it was ever polled.
    pub(crate) cancel: CancelOnDrop,
    pub(crate) cache: Weak<Shared>,
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) lane: Lane,
    /// Whether it is pointless once nobody waits for it.
    pub(crate) for_callers: bool,
    pub(crate) reason: IssueReason,
    pub(crate) replaces: Option<NewToken>,
    pub(crate) min_remaining: Duration,
    pub(crate) call: Arc<Call>,
    pub(crate) result: watch::Sender<Option<RefreshResult>>,
}

/// Notifies the cache that the task has ended without a result, whatever ended it.
pub(crate) struct CancelOnDrop {
    pub(crate) cache: Weak<Shared>,
    pub(crate) call: Arc<Call>,
    pub(crate) id: u32,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // After `complete` this finds another refresh, or none.
        if let Some(cache) = self.cache.upgrade() {
            cache.cancelled(self.id);
        }
        self.call.release();
    }
}

impl Refresh {
    pub(crate) async fn run(self) {
        if !self.wait_for_permit().await {
            return;
        }
        let clock = &*self.settings.clock;
        let begun_at = clock.now();
        let deadline = after(begun_at, self.settings.issue_timeout);
        self.call.set_deadline(deadline);
        let outcome = self.attempt_until(deadline).await;
        if let Some(cache) = self.cache.upgrade() {
            let published = cache.complete(self.cancel.id, self.call.serial(), outcome, begun_at);
            // Nobody may wait any more.
            self.result.send_replace(published);
        }
    }

    /// Whether there is a permit. If the refresh is one for callers and all of them gave up, it gives up too: nothing was sent.
    async fn wait_for_permit(&self) -> bool {
        let Some(limiter) = self.settings.limiter.as_ref().filter(|_| !self.call.has_permit()) else { return true };
        let mut permit = std::pin::pin!(limiter.acquire(self.lane));
        loop {
            let tick = std::pin::pin!(sleep(&*self.settings.clock, PROGRESS_INTERVAL));
            match select(permit, tick).await {
                Either::Left((permit, _)) => {
                    self.call.hold(permit);
                    return true;
                }
                Either::Right(((), waiting)) => permit = waiting,
            }
            self.call.report_progress();
            // One receiver is the cache's own.
            if self.for_callers && self.result.receiver_count() <= 1 {
                return false;
            }
        }
    }

    async fn attempt_until(&self, deadline: Moment) -> Result<Issued, Error> {
        let clock = &*self.settings.clock;
        let panicked = || self.lost_response(Error::token_unavailable("the token source panicked"));
        let mut attempt = std::pin::pin!(catch_panic(self.attempt(deadline), panicked));
        let mut is_slow = false;
        let begun_at = clock.now();
        loop {
            let left = deadline.monotonic.saturating_sub(clock.now().monotonic);
            if left.is_zero() {
                return Err(self.lost_response(deadline_exceeded(self.settings.issue_timeout)));
            }
            let tick = std::pin::pin!(sleep(clock, left.min(PROGRESS_INTERVAL)));
            match select(attempt, tick).await {
                Either::Left((outcome, _)) => return outcome,
                Either::Right(((), running)) => attempt = running,
            }
            self.call.report_progress();
            if !is_slow && clock.now().monotonic.saturating_sub(begun_at.monotonic) >= SLOW_AFTER {
                is_slow = true;
                self.call.becomes_unhealthy();
            }
        }
    }

    /// The error of a call whose response will not come. If slots are limited, it may have used one up.
    fn lost_response(&self, error: Error) -> Error {
        let has_budget = self.cache.upgrade().is_some_and(|cache| cache.state().limits.budget().is_some());
        if has_budget && self.call.serial().is_some() { error.with_sent(Sent::Unknown) } else { error }
    }

    /// Reserves a slot and calls the source.
    async fn attempt(&self, deadline: Moment) -> Result<Issued, Error> {
        if let Some(token) = self.settle_slots().await? {
            return Ok(Issued::Adopted(token));
        }
        self.revoke_surplus().await;
        let clock = &*self.settings.clock;
        if let Some(cache) = self.cache.upgrade() {
            let now = clock.now();
            let mut state = cache.state();
            let budget = state.limits.budget();
            let serial = state.issues.reserve(budget, now);
            drop(state);
            self.call.set_serial(serial);
        }
        let mut request =
            IssueRequest::new(self.reason, clock).with_min_remaining(self.min_remaining).with_deadline(deadline);
        if let Some(token) = &self.replaces {
            request = request.with_replaces(token);
        }
        match self.source.issue(request).await {
            Err(error) if error.kind() == ErrorKind::TokenLimitReached => Err(self.explain_limit(error).await),
            outcome => outcome,
        }
    }

    /// Before the budget says no, the server is asked: what it lists settles what is uncertain here. If it says no all the same,
    /// a token that was refused and that LINE lists as valid is better than none, and is returned.
    async fn settle_slots(&self) -> Result<Option<NewToken>, Error> {
        let used_up = |cache: Arc<Shared>| {
            let now = cache.now();
            let state = cache.state();
            let budget = state.limits.budget().filter(|budget| state.issues.is_used_up(Some(*budget), now));
            budget.map(|budget| (budget, state.issues.last_serial()))
        };
        let Some((budget, last_serial)) = self.cache.upgrade().and_then(used_up) else { return Ok(None) };
        let listed = self.list().await;
        let Some(cache) = self.cache.upgrade() else { return Ok(None) };
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
            return Ok(None);
        }
        let Err(available_in) = state.issues.may_exceed(budget, listing, holds_token, now) else { return Ok(None) };
        let is_listed = |token: &&NewToken| listed.iter().flatten().any(|id| token.key_id() == Some(id));
        let refused = state.refused.as_ref().filter(|token| token.is_valid(now)).map(|token| token.to_new_token());
        if let Some(token) = refused.filter(|token| is_listed(&token)) {
            // If it is refused again, the next one keeps the interval.
            state.issues.note_issue(now);
            return Ok(Some(token));
        }
        let slots = budget.slots();
        let used = state.issues.used(now);
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
        let limit = LISTING_TIMEOUT.min(self.settings.issue_timeout / 4);
        let listed = timeout(&*self.settings.clock, limit, async { self.source.key_ids().await }).await;
        listed.and_then(Result::ok).flatten()
    }

    /// Adds to LINE's error that there are 30 tokens which of them this cache does not know.
    async fn explain_limit(&self, error: Error) -> Error {
        let serial = self.call.serial().unwrap_or_default();
        if let Some(cache) = self.cache.upgrade() {
            cache.state().issues.release(serial);
        }
        let Some(mut unknown) = self.list().await else {
            return error.with_hint("a slot is free once a token is revoked or expires; `key_ids` lists them");
        };
        let Some(cache) = self.cache.upgrade() else { return error };
        let (known, first_time) = {
            let mut state = cache.state();
            state.issues.compare(&unknown, serial, None);
            (cache.held_tokens(&state), !std::mem::replace(&mut state.exhaustion_reported, true))
        };
        let listed = unknown.len();
        unknown.retain(|id| !known.iter().any(|token| token.key_id() == Some(id)));
        let hint = format!(
            "LINE lists {listed} valid tokens, of which this cache does not know {}: {}; they are of other processes, of earlier \
             runs, or their response was lost; a slot is free once one is revoked or expires",
            unknown.len(),
            shown_key_ids(&unknown)
        );
        if first_time {
            cache.emit(&Event::TokenLimitReached { listed, unknown });
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
        let timeout = std::pin::pin!(sleep(&*self.settings.clock, SURPLUS_TIMEOUT));
        select(revocation, timeout).await;
    }
}
