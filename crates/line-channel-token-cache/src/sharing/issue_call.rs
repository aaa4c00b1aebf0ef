//! One call for a token: asks the store, and the source if it is this process' turn.

use std::time::Duration;

use line_channel_token_core::{AccessToken, Clock, Error, TokenKeyId};

use super::decide::{self, Ask, Decision, Held, Limits, Listing};
use super::event::StoreEvent;
use super::local::Settled;
use super::outage::StoreOutage;
use super::record::{Record, SharedToken};
use super::store_access::{Replaced, Seen, StoreAccess};
use crate::decide::backoff::may_have_issued;
use crate::issue::{IssueReason, IssueRequest, Issued, NewToken};
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::store::{StoreError, StoreErrorKind};
use crate::wait::timeout;

/// The delays between looks at the store while another process issues: doubling from the first to the last.
const FIRST_POLL: Duration = Duration::from_millis(50);
const LAST_POLL: Duration = Duration::from_secs(1);
/// How soon a cache with a valid token asks again while another process issues.
const KEEP_WHILE_LEASED: Duration = Duration::from_secs(3);
/// How soon it asks again while the store is unavailable, and how soon a token that nobody else has is compared with the store's.
pub(super) const KEEP_IN_OUTAGE: Duration = Duration::from_secs(30);
/// The longest delay before a process issues a token without the store.
const OUTAGE_DELAY: Duration = Duration::from_secs(2);
/// How much of the time of a call is left for its end.
pub(super) const MARGIN: Duration = Duration::from_secs(1);
const LISTING_TIMEOUT: Duration = Duration::from_secs(5);
/// What a delay is spread by grows with it, up to this.
const MAX_SPREAD: Duration = Duration::from_secs(60);
/// More changes by others in a row than this are no coincidence.
pub(super) const MAX_CHANGES: u32 = 200;

pub(super) struct IssueCall<'a, S> {
    pub(super) source: &'a S,
    pub(super) access: &'a StoreAccess,
    pub(super) policy: &'a SourcePolicy,
    pub(super) outage: StoreOutage,
    pub(super) lease_for: Duration,
    /// The name of this call's lease.
    pub(super) nonce: String,
    pub(super) request: IssueRequest<'a>,
}

/// What a step of the call leads to.
enum Next {
    Done(Issued),
    Look(Seen),
    LookAgainAfter(Duration),
}

impl<S: TokenSource> IssueCall<'_, S> {
    pub(super) fn clock(&self) -> &dyn Clock {
        self.request.clock()
    }

    pub(super) async fn run(self) -> Result<Issued, Error> {
        if let Some(refused) = self.request.replaces().filter(|_| self.request.reason() == IssueReason::Refused) {
            self.access.local().note_refused(refused.access_token());
        }
        match self.by_store().await {
            Ok(outcome) => outcome,
            Err(error) if error.kind() == StoreErrorKind::InvalidSettings => Err(error.into()),
            Err(error) => self.without_store(error).await,
        }
    }

    /// The outcome by the store; an error of the store's if it does not do its part.
    async fn by_store(&self) -> Result<Result<Issued, Error>, StoreError> {
        let mut seen = self.access.load(self.clock()).await?;
        let mut poll = FIRST_POLL;
        let mut listed = None;
        for _ in 0..MAX_CHANGES {
            match self.step(seen, &mut listed).await? {
                Err(error) => return Ok(Err(error)),
                Ok(Next::Done(issued)) => return Ok(Ok(issued)),
                Ok(Next::Look(changed)) => seen = changed,
                Ok(Next::LookAgainAfter(at_most)) => {
                    let delay = jittered(poll).min(at_most);
                    if self.time_left() <= delay.saturating_add(MARGIN) {
                        let message = "another process is issuing a token, and has not done so in time";
                        return Ok(Err(Error::transient(message).with_retry_after(MARGIN)));
                    }
                    self.clock().sleep(delay).await;
                    poll = poll.saturating_mul(2).min(LAST_POLL);
                    seen = self.access.load(self.clock()).await?;
                }
            }
        }
        Err(StoreError::new(StoreErrorKind::Unavailable, "the value in the token store changes all the time"))
    }

    async fn step(
        &self,
        seen: Seen,
        listed: &mut Option<Option<Vec<TokenKeyId>>>,
    ) -> Result<Result<Next, Error>, StoreError> {
        let decision = {
            let listing = listed.as_ref().map(|listed| match listed {
                Some(key_ids) => Listing::Listed(key_ids),
                None => Listing::Unavailable,
            });
            let refused = self.access.local().refused();
            decide::decide(seen.record.as_ref(), seen.now_by(self.clock()), &self.ask(listing, &refused))
        };
        Ok(match decision {
            Decision::Adopt(token) => self.adopt(&token, &seen).map(Next::Done),
            Decision::Wait(_) if self.holds_good_token(&seen) && self.is_held_long_enough() => {
                Ok(Next::Done(Issued::Keep { ask_again_in: jittered(KEEP_WHILE_LEASED) }))
            }
            Decision::Wait(left) => Ok(Next::LookAgainAfter(left.max(FIRST_POLL))),
            Decision::Note(record) => match self.access.replace(self.clock(), &seen, &record).await? {
                Replaced::Stored(seen) | Replaced::Changed(seen) => Ok(Next::Look(seen)),
            },
            Decision::Share(record) => match self.offer(&seen, &record).await? {
                Replaced::Stored(_) => Ok(Next::Done(self.shared())),
                Replaced::Changed(seen) => Ok(Next::Look(seen)),
            },
            Decision::TooSoon(left) => {
                let message =
                    "servers refuse the tokens of this channel one after the other; the next one is issued later";
                Err(Error::token_unavailable(message).with_retry_after(spread(left)))
            }
            Decision::List => {
                *listed = Some(self.list().await);
                Ok(Next::Look(seen))
            }
            Decision::Exhausted { used, available_in } => Err(self.exhausted(used, available_in)),
            Decision::Issue { .. } if self.holds_good_token(&seen) && !self.source_blocked_for().is_zero() => {
                Ok(Next::Done(Issued::Keep { ask_again_in: self.source_blocked_for() }))
            }
            Decision::Issue { record, taken_over } => match self.take_lease(&seen, &record).await? {
                Replaced::Stored(seen) => self.issue_with_lease(seen, taken_over).await.map(Next::Done),
                Replaced::Changed(seen) => Ok(Next::Look(seen)),
            },
        })
    }

    /// Whether the process holds a valid token which nobody has seen refused, as far as the store knows.
    fn holds_good_token(&self, seen: &Seen) -> bool {
        let Some(held) = self.request.replaces().filter(|_| self.request.reason() == IssueReason::Ahead) else {
            return false;
        };
        let stored = seen.record.as_ref().and_then(|record| record.token.as_ref());
        !stored.is_some_and(|stored| stored.refused && stored.access_token.is(held.access_token()))
    }

    /// Whether the process' token is valid for as long as whoever asks needs it.
    fn is_held_long_enough(&self) -> bool {
        self.request.replaces().is_some_and(|held| remaining(held, self.clock()) >= self.request.min_remaining())
    }

    fn source_blocked_for(&self) -> Duration {
        self.access.local().source_blocked_for(self.clock().now())
    }

    fn ask<'b>(&'b self, listing: Option<Listing<'b>>, refused: &'b [AccessToken]) -> Ask<'b> {
        let budget = self.policy.budget();
        Ask {
            reason: self.request.reason(),
            replaces: self.request.replaces().map(|token| Held {
                token: token.access_token(),
                key_id: token.key_id(),
                left: remaining(token, self.clock()),
                lifetime: token.lifetime().unwrap_or(Duration::MAX),
                is_unshared: self.access.local().is_unshared(token.access_token()),
            }),
            refused,
            min_remaining: self.request.min_remaining(),
            nonce: &self.nonce,
            lease_for: self.lease_for,
            limits: Limits {
                min_interval: self.policy.min_interval(),
                slots: budget.map(|budget| budget.slots()),
                lifetime: budget.map_or(self.lease_for, |budget| budget.lifetime()),
            },
            listing,
        }
    }

    pub(super) fn adopt(&self, token: &SharedToken, seen: &Seen) -> Result<Issued, Error> {
        let access_token = token
            .access_token
            .access_token()
            .ok_or_else(|| Error::token_unavailable("the token in the store is none"))?;
        self.access.local().forget_unshared(&access_token);
        // What has passed since the store was asked counts.
        let age = seen.age(self.clock());
        let left = token.left(seen.now()).saturating_sub(age);
        let refresh_in = decide::refresh_in(left, token.lifetime(), fastrand::f64());
        let mut adopted = NewToken::from_remaining(access_token, self.clock().now(), left).with_refresh_in(refresh_in);
        if let Some(key_id) = &token.key_id {
            adopted = adopted.with_key_id(key_id.clone());
        }
        Ok(Issued::Adopted(adopted))
    }

    /// The token that this process issued without the store is everybody's now.
    fn shared(&self) -> Issued {
        let Some(token) = self.request.replaces() else {
            return Issued::Keep { ask_again_in: KEEP_WHILE_LEASED };
        };
        self.access.local().forget_unshared(token.access_token());
        let left = remaining(token, self.clock());
        let lifetime = token.lifetime().unwrap_or(left);
        let refresh_in = decide::refresh_in(left, lifetime, fastrand::f64());
        let now = self.clock().now();
        let renewed = NewToken { sent_at: now, lifetime: Some(left), ..token.clone() };
        Issued::Adopted(renewed.with_refresh_in(refresh_in))
    }

    async fn offer(&self, seen: &Seen, record: &Record) -> Result<Replaced, StoreError> {
        if let Some(token) = self.request.replaces() {
            // The response may be lost.
            self.access.local().note_offered(token.access_token());
        }
        self.access.replace(self.clock(), seen, record).await
    }

    /// What to do while the store is unavailable.
    async fn without_store(&self, error: StoreError) -> Result<Issued, Error> {
        if self.request.reason() == IssueReason::Ahead {
            return Ok(Issued::Keep { ask_again_in: jittered(KEEP_IN_OUTAGE) });
        }
        if self.outage == StoreOutage::Refuse {
            return Err(Error::from(error).with_hint(
                "no token is issued without the store, because one more may revoke another process' token",
            ));
        }
        let spare = self.time_left().saturating_sub(MARGIN) / 4;
        self.clock().sleep(OUTAGE_DELAY.min(spare).mul_f64(fastrand::f64())).await;
        // It may be back, and then nobody needs a token of its own.
        if self.time_left() > self.access.timeout.saturating_mul(3)
            && let Ok(outcome) = self.by_store().await
        {
            return outcome;
        }
        let clock = self.clock();
        let interval = self.policy.limits().interval_after(None);
        let serial = self.access.local().reserve(self.policy.budget(), interval, clock.now())?;
        let outcome = self.source.issue(self.request).await;
        let settled = match &outcome {
            Ok(Issued::New(token)) => Settled::Issued { lifetime: token.lifetime() },
            Err(error) if may_have_issued(error) => Settled::Unknown,
            _ => Settled::NotIssued,
        };
        self.access.local().settle(serial, settled, clock.now());
        let Ok(Issued::New(token)) = outcome else { return outcome };
        self.access.local().note_unshared(token.access_token(), false);
        self.access.emit(&StoreEvent::IssuedWithoutStore);
        Ok(Issued::New(token.with_refresh_in(jittered(KEEP_IN_OUTAGE))))
    }

    /// The channel's tokens as LINE lists them; `None` if they cannot be listed, or not in time.
    pub(super) async fn list(&self) -> Option<Vec<TokenKeyId>> {
        let call = async { self.source.key_ids().await };
        timeout(self.clock(), self.listing_timeout(), call).await.and_then(Result::ok).flatten()
    }

    pub(super) fn listing_timeout(&self) -> Duration {
        LISTING_TIMEOUT.min(self.time_left() / 2)
    }

    pub(super) fn time_left(&self) -> Duration {
        self.request.deadline().monotonic.saturating_sub(self.clock().now().monotonic)
    }

    fn exhausted(&self, used: usize, available_in: Duration) -> Error {
        let slots = self.policy.budget().map_or(0, |budget| budget.slots());
        Error::issue_budget_reached(format!(
            "issue budget reached: the processes that share this store use {used} of the channel's 30 slots, or may use them, and their \
             budget is {slots}; a slot is free once a token expires or is revoked"
        ))
        .with_retry_after(spread(available_in))
    }
}

/// What is left of a token by the clocks of this process.
pub(super) fn remaining(token: &NewToken, clock: &dyn Clock) -> Duration {
    token.lifetime().map_or(Duration::MAX, |lifetime| lifetime.saturating_sub(clock.now().since(token.sent_at())))
}

/// A delay and up to a fifth of it more, so that processes that may not go on before do not all come at its end.
fn spread(delay: Duration) -> Duration {
    delay.saturating_add(delay.min(MAX_SPREAD).mul_f64(0.2 * fastrand::f64()))
}

/// Three quarters of a delay to the whole, so that processes do not come together.
pub(super) fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(0.75 + 0.25 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::spread;

    #[test]
    fn delays_to_one_moment_end_at_different_ones_and_not_before() {
        for seconds in [1, 30, 600] {
            let delay = Duration::from_secs(seconds);
            let ends: std::collections::BTreeSet<_> = (0..20).map(|_| spread(delay)).collect();
            assert!(ends.len() > 10, "{ends:?}");
            assert!(ends.iter().all(|end| *end >= delay && *end <= delay + Duration::from_secs(12)), "{ends:?}");
        }
    }
}
