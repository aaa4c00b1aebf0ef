//! The tokens that others have taken the place of: each is revoked, so that a channel never holds more than two.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::select;
use line_channel_token_core::{Clock, Error, ErrorKind, Moment};

use crate::backoff::{Failure, wait_left};
use crate::control::Control;
use crate::inner::Inner;
use crate::runtime;
use crate::source::caught;
use crate::{CachedToken, Event, TokenSource};

/// How long an issue waits for the revocations that go before it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A token to revoke.
pub(crate) struct Predecessor {
    token: Arc<CachedToken>,
    since: Moment,
    wait: Duration,
    failure: Option<Box<Failure>>,
}

impl Predecessor {
    fn due_in(&self, now: Moment) -> Duration {
        wait_left(self.wait, self.since, now).max(self.failed_for(now))
    }

    /// How long it is until a revocation that failed is tried again.
    fn failed_for(&self, now: Moment) -> Duration {
        Failure::keeps_for(self.failure.as_deref(), now)
    }
}

impl Control {
    /// The tokens that wait to be revoked.
    pub(crate) fn predecessors(&self) -> Vec<Arc<CachedToken>> {
        self.predecessors.iter().map(|it| Arc::clone(&it.token)).collect()
    }

    /// Forgets the tokens that ended by themselves.
    pub(crate) fn forget_expired(&mut self, now: Moment) {
        self.predecessors.retain(|predecessor| !predecessor.token.life.is_surely_over(now));
    }

    fn is_revoking(&self) -> bool {
        self.revocation.as_ref().is_some_and(|task| !task.is_over())
    }
}

impl Inner {
    /// `token` has been followed by another, or will be; requests with it may be under way.
    pub(crate) fn succeed(&self, control: &mut Control, token: &Arc<CachedToken>, now: Moment) {
        if let Some(grace) = self.policy.revokes_after {
            self.revoke_after(control, token, grace, now);
        }
    }

    /// `token` is in nobody's use: a server refused it, or its channel is no more.
    pub(crate) fn discard(&self, control: &mut Control, token: &Arc<CachedToken>, now: Moment) {
        if self.policy.revokes_after.is_some() {
            self.revoke_after(control, token, Duration::ZERO, now);
        }
    }

    fn revoke_after(&self, control: &mut Control, token: &Arc<CachedToken>, wait: Duration, now: Moment) {
        if !token.life.is_surely_over(now) {
            let predecessor = Predecessor { token: Arc::clone(token), since: now, wait, failure: None };
            control.predecessors.push(predecessor);
        }
    }

    /// Revokes what is due, in a task of its own.
    pub(crate) fn revoke_due(self: &Arc<Self>, control: &mut Control, now: Moment) {
        control.forget_expired(now);
        let due = |predecessor: &&Predecessor| predecessor.due_in(now).is_zero();
        let due: Vec<_> = control.predecessors.iter().filter(due).map(|it| Arc::clone(&it.token)).collect();
        if due.is_empty() || control.is_revoking() {
            return;
        }
        let (cache, source) = (Arc::downgrade(self), Arc::clone(&self.source));
        let task = async move {
            revoke(&cache, &source, due).await;
            if let Some(cache) = cache.upgrade() {
                let mut control = cache.control();
                // This is the task, and it is over.
                control.revocation = None;
                cache.plan(&mut control, cache.now());
            }
        };
        // Outside of a runtime it waits for the next flight.
        control.revocation = runtime::spawn(task).ok();
    }

    /// How long it is until a token is to be revoked; `None` where there is none, or it is being done.
    pub(crate) fn revocation_in(&self, control: &Control, now: Moment) -> Option<Duration> {
        if control.is_revoking() {
            return None;
        }
        control.predecessors.iter().map(|predecessor| predecessor.due_in(now)).min()
    }

    /// Revokes all that wait for it, now.
    pub(crate) async fn revoke_all(self: &Arc<Self>) {
        let all = self.control().predecessors();
        revoke(&Arc::downgrade(self), &self.source, all).await;
    }

    fn revoked(self: &Arc<Self>, token: &CachedToken, outcome: Result<(), Error>) {
        let now = self.now();
        let mut control = self.control();
        let Some(at) = control.predecessors.iter().position(|it| it.token.serial() == token.serial()) else { return };
        let event = match outcome {
            Err(error) if !is_gone(&error) => {
                let predecessor = &mut control.predecessors[at];
                let failure = Failure::after(predecessor.failure.as_deref(), error.clone(), now, fastrand::f64());
                let next_try_in = failure.due_in(now);
                predecessor.failure = Some(Box::new(failure));
                Event::RevocationFailed { error, next_try_in }
            }
            _ => {
                control.predecessors.swap_remove(at);
                control.ledger.release(token.serial());
                Event::Revoked { key_id: token.key_id().cloned() }
            }
        };
        drop(control);
        self.tell(&event);
    }
}

/// Whether the server has no such token any more, which is what was wanted.
fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenRevoked | ErrorKind::InvalidToken)
}

/// Revokes tokens one after the other. It keeps no cache alive.
async fn revoke(cache: &Weak<Inner>, source: &Arc<dyn TokenSource>, tokens: Vec<Arc<CachedToken>>) {
    for token in tokens {
        let outcome = caught(async { source.revoke(token.access_token()).await }).await;
        let Some(cache) = cache.upgrade() else { return };
        cache.revoked(&token, outcome);
    }
}

/// Before a further token is issued, revokes those that would make it the third. Where that fails or takes long, a token
/// is worth more than a place.
pub(crate) async fn make_room(cache: &Weak<Inner>, source: &Arc<dyn TokenSource>, clock: &dyn Clock) {
    let tokens = cache.upgrade().map(|cache| surplus(&cache)).unwrap_or_default();
    if !tokens.is_empty() {
        let revocation = std::pin::pin!(revoke(cache, source, tokens));
        select(revocation, clock.nap(PATIENCE)).await;
    }
}

/// The tokens that would make a further one the third, but for those whose revocation failed a moment ago.
fn surplus(cache: &Inner) -> Vec<Arc<CachedToken>> {
    let now = cache.now();
    let mut control = cache.control();
    control.forget_expired(now);
    let current = cache.current.load().as_ref().is_some_and(|token| !token.life.is_surely_over(now));
    if control.predecessors.len() + usize::from(current) < 2 {
        return Vec::new();
    }
    let due = control.predecessors.iter().filter(|it| it.failed_for(now).is_zero());
    due.map(|it| Arc::clone(&it.token)).collect()
}
