//! What becomes due while nobody asks: the next token, and the end of the last one.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::Moment;

use crate::control::Control;
use crate::inner::Inner;
use crate::keeper::LONGEST_NAP;
use crate::{CacheState, RefreshAhead};

/// The keeper is not asked to look sooner than this.
const SHORT: Duration = Duration::from_millis(10);

impl Inner {
    /// Tells the keeper when to look after the cache.
    pub(crate) fn plan(self: &Arc<Self>, control: &mut Control, now: Moment) {
        let next = [self.refresh_due_in(control, now), self.revocation_in(control, now)].into_iter().flatten().min();
        let wake_at = next.map(|wait| now.monotonic.saturating_add(wait.clamp(SHORT, LONGEST_NAP)));
        let before = std::mem::replace(&mut control.wake_at, wake_at);
        self.settings.keeper.plan(self, before, wake_at, &self.settings.clock);
    }

    /// The keeper looks after the cache.
    pub(crate) fn tend(self: &Arc<Self>) {
        let now = self.now();
        let mut control = self.control();
        // Unless another moment was agreed on just now.
        control.wake_at = control.wake_at.filter(|at| *at > now.monotonic);
        self.revoke_due(&mut control, now);
        let refresh = self.refresh_due_in(&control, now).is_some_and(|wait| wait.is_zero());
        drop(control);
        if refresh {
            self.refresh_in_background(now);
        }
        self.plan(&mut self.control(), now);
    }

    /// How long it is until a new token should be fetched without being asked for; `None` where it should not.
    fn refresh_due_in(&self, control: &Control, now: Moment) -> Option<Duration> {
        let policy = self.settings.refresh_ahead;
        if control.closed || control.flight.is_some() || control.queued || policy == RefreshAhead::OnRead {
            return None;
        }
        let current = self.current.load();
        let life = &current.as_ref()?.life;
        let fresh_for = life.refresh_in(now)?;
        let wanted = match (policy, life.state(now)) {
            (_, CacheState::Fresh) => return Some(fresh_for),
            (RefreshAhead::Always, _) => true,
            (_, CacheState::Expired) => false,
            _ => life.is_used(self.last_used()),
        };
        wanted.then(|| control.next_try_in(&self.policy, now))
    }
}
