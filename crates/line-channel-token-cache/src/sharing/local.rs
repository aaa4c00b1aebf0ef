//! What one process remembers by itself of the tokens that it shares.

use std::time::Duration;

use line_channel_token_core::{AccessToken, Error, Moment};

use crate::budget::IssueBudget;
use crate::decide::backoff::Failure;
use crate::decide::slots::{IssueLog, Listing};
use crate::store::{Revision, StoreErrorKind};

/// Tokens of this process that nobody else has: more than a few need not be remembered.
const MAX_UNSHARED: usize = 30;
/// The same for tokens that it has seen refused.
const MAX_REFUSED: usize = 30;

#[derive(Debug, Default)]
pub(super) struct Local {
    /// What is wrong with the store, as it was reported last.
    reported: Option<StoreErrorKind>,
    /// How many writes have failed in a row, and what could not be replaced if only a write can show that the store does its part again.
    failed_writes: u32,
    unreplaced: Option<Option<Revision>>,
    unshared: Vec<Unshared>,
    /// Tokens that it has seen refused, also if the store could not be told.
    refused: Vec<AccessToken>,
    /// The last failure of the source.
    failure: Option<Failure>,
    /// The tokens that were issued without the store.
    log: IssueLog,
}

#[derive(Debug)]
struct Unshared {
    token: AccessToken,
    /// Whether the store may have it, because a response of the store was lost.
    may_be_shared: bool,
}

/// What was done with the store.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access<'a> {
    /// And what was found.
    Read(Option<&'a Revision>),
    /// And what was to be replaced.
    Write(Option<&'a Revision>),
}

impl Local {
    /// Whether the outcome of a call of the store is a change of its state. A store that can be read and not written, because it is full or
    /// a replica, is not available again at each read, but once somebody has written to it.
    pub(super) fn changes_store_state(&mut self, access: Access<'_>, error: Option<StoreErrorKind>) -> bool {
        match access {
            Access::Write(expected) => {
                self.failed_writes = if error.is_some() { self.failed_writes.saturating_add(1) } else { 0 };
                // One write that got no response says nothing about the next.
                let fails = error.is_some_and(|kind| kind != StoreErrorKind::Unavailable || self.failed_writes > 1);
                self.unreplaced = fails.then(|| expected.cloned());
            }
            Access::Read(Some(found)) => {
                self.unreplaced.take_if(|unreplaced| unreplaced.as_ref() != Some(found));
            }
            Access::Read(None) => {}
        }
        if error.is_none() && self.unreplaced.is_some() {
            return false;
        }
        std::mem::replace(&mut self.reported, error) != error
    }

    /// Notes that a server refused this token.
    pub(super) fn note_refused(&mut self, token: &AccessToken) {
        if self.refused.iter().any(|other| is_same(other, token)) {
            return;
        }
        if self.refused.len() >= MAX_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push(token.clone());
    }

    pub(super) fn refused(&self) -> Vec<AccessToken> {
        self.refused.clone()
    }

    /// Notes what a call of the source came to.
    pub(super) fn note_source(&mut self, error: Option<&Error>, now: Moment) {
        let before = self.failure.take();
        self.failure = error.map(|error| Failure::after(before.as_ref(), error.clone(), None, now, fastrand::f64()));
    }

    /// How long the source is left alone after it has failed, unless there is no valid token. The cache forgets failures while it is told to
    /// keep its token, which it is while others ask the source.
    pub(super) fn source_blocked_for(&self, now: Moment) -> Duration {
        Failure::blocks_for(self.failure.as_ref(), now)
    }

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
            unshared.may_be_shared |= is_same(&unshared.token, token);
        }
    }

    /// The store has it, or nobody needs it.
    pub(super) fn forget_unshared(&mut self, token: &AccessToken) {
        self.unshared.retain(|unshared| !is_same(&unshared.token, token));
    }

    fn find(&self, token: &AccessToken) -> Option<&Unshared> {
        self.unshared.iter().find(|unshared| is_same(&unshared.token, token))
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

/// Whether the two have one text.
fn is_same(token: &AccessToken, other: &AccessToken) -> bool {
    token.expose_secret() == other.expose_secret()
}

/// What came of a call that may use a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Issued { lifetime: Option<Duration> },
    NotIssued,
    Unknown,
}
