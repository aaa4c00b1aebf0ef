//! What decides whether the source may be asked.

use std::time::Duration;

use line_channel_token_core::{Error, Moment};

use crate::backoff::{Failure, wait_left};
use crate::budget::Ledger;
use crate::flight::Flight;
use crate::policy::Policy;
use crate::rotation::Predecessor;
use crate::runtime::{self, Task};

/// What changes about a cache, but for its current token; under one lock.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) flight: Option<Flight>,
    /// Whether a pool has been asked for a background flight.
    pub(crate) queued: bool,
    /// In a box, because most caches have none.
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) last_invalidation: Option<Moment>,
    pub(crate) ledger: Ledger,
    /// Whether it was told that the budget is reached.
    pub(crate) budget_told: bool,
    pub(crate) predecessors: Vec<Predecessor>,
    pub(crate) revocation: Option<Task>,
    /// When the keeper looks after the cache, by the monotonic clock.
    pub(crate) wake_at: Option<Duration>,
    pub(crate) closed: bool,
    /// Whether a pool has dropped the channel.
    pub(crate) retired: bool,
}

impl Control {
    /// Whether the source may be asked now; otherwise why not, and when it may be.
    pub(crate) fn clearance(&self, policy: &Policy, now: Moment) -> Result<(), Error> {
        if self.closed {
            return Err(Error::token_unavailable("the token cache was shut down"));
        }
        if let Some(failure) = self.failure.as_ref().filter(|failure| !failure.due_in(now).is_zero()) {
            return Err(failure.error.clone().with_retry_after(self.next_try_in(policy, now)));
        }
        let distance = self.ledger.distance_in(policy.least_interval, now);
        if !distance.is_zero() {
            return Err(Error::token_unavailable("a token was issued a moment ago, and the next is not due yet")
                .with_retry_after(distance));
        }
        let room_in = self.ledger.room_in(policy.budget, now);
        if !room_in.is_zero() {
            return Err(Error::issue_budget_reached(format!(
                "{} tokens that this cache has asked for are valid or may be, which is its budget of the channel's \
                 places; revoke those that nobody needs, and `reconcile`",
                self.ledger.taken(now)
            ))
            .with_retry_after(room_in));
        }
        runtime::check()
    }

    /// A token was refused: the source may be asked at once, but not again and again.
    pub(crate) fn soon_again(&mut self, least_interval: Duration, now: Moment) {
        let again = self.last_invalidation.is_some_and(|last| !soon_again_in(least_interval, last, now).is_zero());
        if !again {
            self.last_invalidation = Some(now);
            self.ledger.forget_last_issue();
            self.failure = None;
        }
    }

    /// How long it is until the source may be asked again.
    pub(crate) fn next_try_in(&self, policy: &Policy, now: Moment) -> Duration {
        Failure::keeps_for(self.failure.as_deref(), now)
            .max(self.ledger.distance_in(policy.least_interval, now))
            .max(self.ledger.room_in(policy.budget, now))
    }
}

/// How long it is from the last refusal of a token until one more is asked for at once.
pub(crate) fn soon_again_in(least_interval: Duration, last: Moment, now: Moment) -> Duration {
    wait_left(least_interval.saturating_mul(10), last, now)
}
