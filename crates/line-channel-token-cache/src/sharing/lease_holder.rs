//! The part of a call that holds the lease: issues a token, and stores it.

use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_core::Error;

use super::decide;
use super::event::StoreEvent;
use super::issue_call::{IssueCall, KEEP_IN_OUTAGE, MARGIN, MAX_CHANGES, jittered, remaining};
use super::record::{Record, SharedToken};
use super::store_access::{Replaced, Seen};
use crate::decide::backoff::may_have_issued;
use crate::issue::{Issued, NewToken, RetireReason};
use crate::source::TokenSource;
use crate::store::{StoreError, StoreErrorKind};
use crate::wait::timeout;

impl<S: TokenSource> IssueCall<'_, S> {
    /// Takes the lease. If the store's response was lost, a look at the store says whether it was taken.
    pub(super) async fn take_lease(&self, seen: &Seen, record: &Record) -> Result<Replaced, StoreError> {
        match self.access.replace(self.clock(), seen, record).await {
            Err(error) if error.kind() == StoreErrorKind::Unavailable => {
                let seen = self.access.load(self.clock()).await?;
                let is_mine = |record: &Record| record.lease.as_ref().is_some_and(|lease| *lease.nonce == *self.nonce);
                Ok(match seen.record.as_ref().is_some_and(is_mine) {
                    true => Replaced::Stored(seen),
                    false => Replaced::Changed(seen),
                })
            }
            outcome => outcome,
        }
    }

    pub(super) async fn issue_with_lease(&self, mut seen: Seen, taken_over: bool) -> Result<Issued, Error> {
        let outcome = self.call_source(&mut seen).await;
        self.access.local().note_source(outcome.as_ref().err(), self.clock().now());
        let token = match outcome {
            Ok(Issued::New(token)) => token,
            other => {
                let may_have_issued = other.as_ref().is_err_and(may_have_issued);
                self.give_lease_back(seen, may_have_issued).await;
                return other;
            }
        };
        let Some(lifetime) = token.lifetime() else {
            // It needs no successor, and so no store.
            self.give_lease_back(seen, false).await;
            return Ok(Issued::New(token));
        };
        // A token that has come must not be lost because the store takes the rest of the time.
        let stored = async { Ok(self.store_token(seen, &token, lifetime).await) };
        let stored = timeout(self.clock(), self.time_left().saturating_sub(MARGIN), stored).await.and_then(Result::ok);
        match stored.unwrap_or(Stored::Unknown { may_be_shared: true }) {
            Stored::Shared(seen) => {
                if taken_over {
                    self.account_for_lost_tokens(seen).await;
                }
                Ok(Issued::New(token))
            }
            Stored::Superseded { newer, seen, may_be_shared } => {
                // This process was silent for longer than its lease lasts. Unless a response of the store was lost, nobody has seen its token yet.
                if !may_be_shared {
                    let orphan = NewToken { is_adopted: false, ..token };
                    let retire = async { self.source.retire(&orphan, RetireReason::Removed).await };
                    let _ = timeout(self.clock(), self.listing_timeout(), retire).await;
                }
                self.adopt(&newer, &seen)
            }
            Stored::Unknown { may_be_shared } => {
                self.access.local().note_unshared(token.access_token(), may_be_shared);
                Ok(Issued::New(token.with_refresh_in(jittered(KEEP_IN_OUTAGE))))
            }
        }
    }

    /// Calls the source, and renews the lease meanwhile.
    async fn call_source(&self, seen: &mut Seen) -> Result<Issued, Error> {
        let mut call = std::pin::pin!(self.source.issue(self.request));
        loop {
            let tick = self.clock().background_sleep(self.lease_for / 3);
            match select(call.as_mut(), tick).await {
                Either::Left((outcome, _)) => return outcome,
                Either::Right(((), _)) => {}
            }
            let renewal = std::pin::pin!(self.renew_lease(seen));
            match select(call.as_mut(), renewal).await {
                Either::Left((outcome, renewal)) => {
                    // If it is known whether it was stored, the token is stored at the first attempt.
                    let renewal = async {
                        renewal.await;
                        Ok(())
                    };
                    timeout(self.clock(), self.time_left().saturating_sub(MARGIN) / 2, renewal).await;
                    return outcome;
                }
                Either::Right(((), _)) => {}
            }
        }
    }

    async fn renew_lease(&self, seen: &mut Seen) {
        let now = seen.now_by(self.clock());
        let Some(record) = decide::renewed(seen.record.as_ref(), &self.nonce, self.lease_for, now) else { return };
        match self.access.replace(self.clock(), seen, &record).await {
            Ok(Replaced::Stored(stored) | Replaced::Changed(stored)) => *seen = stored,
            Err(_) => {
                if let Ok(loaded) = self.access.load(self.clock()).await {
                    *seen = loaded;
                }
            }
        }
    }

    async fn store_token(&self, mut seen: Seen, token: &NewToken, lifetime: Duration) -> Stored {
        let (mut may_be_shared, mut has_failed) = (false, false);
        for _ in 0..MAX_CHANGES {
            let now = seen.now_by(self.clock());
            let left = remaining(token, self.clock());
            let shared = decide::shared(token.access_token(), token.key_id().cloned(), now, left, lifetime);
            if may_be_shared && holds(&seen, token) {
                return Stored::Shared(seen);
            }
            let Some(record) = decide::issued(seen.record.as_ref(), &self.nonce, &shared, now) else {
                let newer = seen.record.as_ref().and_then(|record| record.token.clone());
                return match newer.filter(|newer| decide::supersedes(newer, &shared, now)) {
                    Some(newer) => {
                        let never_stored = decide::was_never_stored(seen.record.as_ref(), &self.nonce);
                        Stored::Superseded { newer, seen, may_be_shared: may_be_shared && !never_stored }
                    }
                    None => Stored::Unknown { may_be_shared },
                };
            };
            seen = match self.access.replace(self.clock(), &seen, &record).await {
                Ok(Replaced::Stored(seen)) => return Stored::Shared(seen),
                Ok(Replaced::Changed(seen)) => seen,
                Err(error) => {
                    may_be_shared = may_be_shared || error.kind() == StoreErrorKind::Unavailable;
                    match self.access.load(self.clock()).await {
                        Ok(seen) if !std::mem::replace(&mut has_failed, true) => seen,
                        _ => return Stored::Unknown { may_be_shared },
                    }
                }
            };
        }
        Stored::Unknown { may_be_shared }
    }

    /// Gives the lease back, so that another process need not wait until it is over. If that fails, it is over by itself.
    async fn give_lease_back(&self, mut seen: Seen, may_have_issued: bool) {
        for _ in 0..MAX_CHANGES {
            let now = seen.now_by(self.clock());
            let Some(record) = decide::failed(seen.record.as_ref(), &self.nonce, may_have_issued, now) else { return };
            match self.access.replace(self.clock(), &seen, &record).await {
                Ok(Replaced::Changed(changed)) => seen = changed,
                _ => return,
            }
        }
    }

    /// After a lease was taken over: finds what its holder may have issued, notes it and reports it.
    async fn account_for_lost_tokens(&self, mut seen: Seen) {
        let listed = self.list().await.unwrap_or_default();
        let mut unknown = Vec::new();
        for _ in 0..MAX_CHANGES {
            let Some(mut record) = seen.record.clone().filter(|_| !listed.is_empty()) else { break };
            unknown = decide::account_for(&mut record, &listed);
            match self.access.replace(self.clock(), &seen, &record).await {
                Ok(Replaced::Changed(changed)) => seen = changed,
                _ => break,
            }
        }
        self.access.emit(&StoreEvent::LeaseTakenOver { unknown });
    }
}

/// What became of a token that was to be stored.
enum Stored {
    Shared(Seen),
    /// Another process has stored a newer one.
    Superseded {
        newer: SharedToken,
        seen: Seen,
        may_be_shared: bool,
    },
    /// The store does not say, or another process is about to issue one.
    Unknown {
        may_be_shared: bool,
    },
}

fn holds(seen: &Seen, token: &NewToken) -> bool {
    let stored = seen.record.as_ref().and_then(|record| record.token.as_ref());
    stored.is_some_and(|stored| stored.access_token.is(token.access_token()))
}
