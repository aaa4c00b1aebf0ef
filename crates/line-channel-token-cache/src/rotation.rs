//! The tokens that others have taken the place of: each is revoked, so that a channel never holds more than two.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use line_channel_token_core::{Error, Moment};

use crate::backoff::Failure;
use crate::control::Control;
use crate::inner::Inner;
use crate::runtime::{self, Task};
use crate::{CachedToken, Event, TokenSource};

/// A token to revoke.
pub(crate) struct Predecessor {
    token: Arc<CachedToken>,
    since: Moment,
    wait: Duration,
    failure: Option<Failure>,
}

impl Predecessor {
    fn due_in(&self, now: Moment) -> Duration {
        let grace = self.wait.saturating_sub(now.since(self.since));
        grace.max(self.failure.as_ref().map_or(Duration::ZERO, |failure| failure.due_in(now)))
    }
}

impl Control {
    /// The tokens that wait to be revoked.
    pub(crate) fn predecessors(&self) -> Vec<Arc<CachedToken>> {
        self.predecessors.iter().map(|it| Arc::clone(&it.token)).collect()
    }
}

impl Inner {
    /// `token` has been followed by another.
    pub(crate) fn succeed(&self, control: &mut Control, token: &Arc<CachedToken>, now: Moment) {
        if let Some(wait) = self.source.revokes_after() {
            self.revoke_after(control, token, wait, now);
        }
    }

    /// A server refused `token`: if it is valid all the same, it is in nobody's use.
    pub(crate) fn discard(&self, control: &mut Control, token: &Arc<CachedToken>, now: Moment) {
        if self.source.revokes_after().is_some() {
            self.revoke_after(control, token, Duration::ZERO, now);
        }
    }

    fn revoke_after(&self, control: &mut Control, token: &Arc<CachedToken>, wait: Duration, now: Moment) {
        let predecessor = Predecessor { token: Arc::clone(token), since: now, wait, failure: None };
        control.predecessors.push(predecessor);
    }

    /// Revokes what is due, in a task of its own.
    pub(crate) fn revoke_due(self: &Arc<Self>, control: &mut Control, now: Moment) {
        control.predecessors.retain(|predecessor| !predecessor.token.remaining(now).is_zero());
        let due = |predecessor: &&Predecessor| predecessor.due_in(now).is_zero();
        let due: Vec<_> = control.predecessors.iter().filter(due).map(|it| Arc::clone(&it.token)).collect();
        if due.is_empty() || control.revocation.as_ref().is_some_and(|task| !task.is_over()) {
            return;
        }
        let (cache, source) = (Arc::downgrade(self), Arc::clone(&self.source));
        // Outside of a runtime it waits for the next flight.
        control.revocation = runtime::spawn(revoke(cache, source, due)).ok();
    }

    /// How long it is until a token is to be revoked; `None` where there is none, or it is being done.
    pub(crate) fn revocation_in(&self, control: &Control, now: Moment) -> Option<Duration> {
        if control.revocation.as_ref().is_some_and(|task: &Task| !task.is_over()) {
            return None;
        }
        control.predecessors.iter().map(|predecessor| predecessor.due_in(now)).min()
    }

    /// Revokes all that wait for it, now.
    pub(crate) async fn revoke_all(self: &Arc<Self>) {
        let all = self.control().predecessors();
        revoke(Arc::downgrade(self), Arc::clone(&self.source), all).await;
    }

    fn revoked(self: &Arc<Self>, token: &CachedToken, outcome: Result<(), Error>) {
        let now = self.now();
        let mut control = self.control();
        let Some(at) = control.predecessors.iter().position(|it| it.token.serial() == token.serial()) else { return };
        let event = match outcome {
            Ok(()) => {
                control.predecessors.swap_remove(at);
                control.ledger.release(token.serial());
                Event::Revoked { key_id: token.key_id().cloned() }
            }
            Err(error) => {
                let predecessor = &mut control.predecessors[at];
                let failure = Failure::after(predecessor.failure.as_ref(), error.clone(), now, fastrand::f64());
                let next_try_in = failure.due_in(now);
                predecessor.failure = Some(failure);
                Event::RevocationFailed { error, next_try_in }
            }
        };
        drop(control);
        self.tell(&event);
    }
}

/// Revokes tokens one after the other. It keeps no cache alive.
async fn revoke(cache: Weak<Inner>, source: Arc<dyn TokenSource>, tokens: Vec<Arc<CachedToken>>) {
    for token in tokens {
        let outcome = AssertUnwindSafe(async { source.revoke(token.access_token()).await }).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(Error::token_unavailable("the token source panicked")));
        let Some(cache) = cache.upgrade() else { return };
        cache.revoked(&token, outcome);
    }
    if let Some(cache) = cache.upgrade() {
        let now = cache.now();
        let mut control = cache.control();
        // This is the task, or there is none: either way it is over.
        control.revocation = None;
        cache.plan(&mut control, now);
    }
}

/// Before a further token is issued, revokes those that would make it the third.
pub(crate) async fn make_room(cache: &Weak<Inner>) {
    let Some(tokens) = cache.upgrade().and_then(|cache| surplus(&cache)) else { return };
    let Some(source) = cache.upgrade().map(|cache| Arc::clone(&cache.source)) else { return };
    revoke(cache.clone(), source, tokens).await;
}

fn surplus(cache: &Inner) -> Option<Vec<Arc<CachedToken>>> {
    let now = cache.now();
    let valid = |token: &CachedToken| !token.remaining(now).is_zero();
    let current = cache.current.load().as_ref().is_some_and(|token| valid(token));
    let mut waiting = cache.control().predecessors();
    waiting.retain(|token| valid(token));
    (!waiting.is_empty() && waiting.len() + usize::from(current) >= 2).then_some(waiting)
}
