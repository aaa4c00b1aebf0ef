//! What one process remembers by itself of the tokens that it shares.

use std::time::Duration;

use line_channel_token_core::{AccessToken, Error, Moment};

use crate::budget::IssueBudget;
use crate::decide::slots::{IssueLog, Listing};
use crate::store::StoreErrorKind;

/// Tokens of this process that nobody else has: more than a few need not be remembered.
const MAX_UNSHARED: usize = 30;

#[derive(Debug, Default)]
pub(super) struct Local {
    /// What is wrong with the store, as it was reported last.
    pub(super) reported: Option<StoreErrorKind>,
    unshared: Vec<Unshared>,
    /// The tokens that were issued without the store.
    log: IssueLog,
}

#[derive(Debug)]
struct Unshared {
    token: AccessToken,
    /// Whether the store may have it, because a response of the store was lost.
    may_be_shared: bool,
}

impl Local {
    /// Notes a token that this process issued and the store does not have, or may have.
    pub(super) fn note_unshared(&mut self, token: &AccessToken, may_be_shared: bool) {
        if self.unshared.len() >= MAX_UNSHARED {
            self.unshared.remove(0);
        }
        self.unshared.push(Unshared { token: token.clone(), may_be_shared });
    }

    /// Whether nobody else can use this token.
    pub(super) fn is_surely_unshared(&self, token: &AccessToken) -> bool {
        self.find(token).is_some_and(|unshared| !unshared.may_be_shared)
    }

    /// Whether the store does not have this token as far as is known.
    pub(super) fn is_unshared(&self, token: &AccessToken) -> bool {
        self.find(token).is_some()
    }

    /// From now on others may have it.
    pub(super) fn note_offered(&mut self, token: &AccessToken) {
        for unshared in &mut self.unshared {
            unshared.may_be_shared |= unshared.token.expose_secret() == token.expose_secret();
        }
    }

    /// The store has it, or nobody needs it.
    pub(super) fn forget_unshared(&mut self, token: &AccessToken) {
        self.unshared.retain(|unshared| unshared.token.expose_secret() != token.expose_secret());
    }

    fn find(&self, token: &AccessToken) -> Option<&Unshared> {
        self.unshared.iter().find(|unshared| unshared.token.expose_secret() == token.expose_secret())
    }

    /// Reserves a slot for a token that is issued without the store, and numbers it.
    pub(super) fn reserve(
        &mut self,
        budget: Option<IssueBudget>,
        min_interval: Duration,
        now: Moment,
    ) -> Result<u64, Error> {
        let interval_left = self.log.next_issue_in(min_interval, now);
        if !interval_left.is_zero() {
            return Err(Error::token_unavailable(
                "the token store is unavailable, and a token was issued without it a moment ago",
            )
            .with_retry_after(interval_left));
        }
        if let Some(budget) = budget.filter(|budget| self.log.is_used_up(Some(*budget), now))
            && let Err(available_in) = self.log.may_exceed(budget, Listing::Unavailable, false, now)
        {
            return Err(Error::issue_budget_reached(format!(
                "issue budget reached: the token store is unavailable, and this process has used its {} slots without it",
                budget.slots()
            ))
            .with_retry_after(available_in));
        }
        Ok(self.log.reserve(budget, now))
    }

    /// Notes what came of it.
    pub(super) fn settle(&mut self, serial: u64, outcome: Settled, now: Moment) {
        match outcome {
            Settled::Issued { lifetime } => self.log.confirm(serial, lifetime, None, now),
            Settled::NotIssued => self.log.release(serial),
            Settled::Unknown => {}
        }
    }
}

/// What came of a call that may use a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Issued { lifetime: Option<Duration> },
    NotIssued,
    Unknown,
}
