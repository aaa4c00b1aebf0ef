//! What a pool remembers of the channels that it dropped.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Moment};

use crate::TokenCache;
use crate::backoff::Failure;
use crate::budget::Ledger;
use crate::control::soon_again_in;
use crate::flight::Flight;
use crate::inner::Inner;
use crate::rotation::Predecessor;

/// How many there are before those are looked for that do not matter any more.
const FEW: usize = 64;

/// Without this, a channel that comes and goes would use up its 30 places, each time with a fresh budget, and would be
/// asked for again and again where it is refused.
pub(crate) struct Retired {
    channels: HashMap<ChannelId, Gone>,
    tidy_at: usize,
}

enum Gone {
    Past(Past),
    /// Its tokens wait to be revoked, which the pool's keeper sees to while the cache is here.
    Leaving(TokenCache),
}

/// What a channel that comes back must still know.
#[derive(Default)]
struct Past {
    ledger: Ledger,
    failure: Option<Box<Failure>>,
    last_invalidation: Option<Moment>,
    predecessors: Vec<Predecessor>,
    least_interval: Duration,
}

impl Past {
    fn matters(&self, now: Moment) -> bool {
        self.ledger.taken(now) > 0
            || !self.ledger.distance_in(self.least_interval, now).is_zero()
            || self.last_invalidation.is_some_and(|last| !soon_again_in(self.least_interval, last, now).is_zero())
            || !Failure::keeps_for(self.failure.as_deref(), now).is_zero()
    }
}

impl Default for Retired {
    fn default() -> Self {
        Self { channels: HashMap::new(), tidy_at: FEW }
    }
}

impl Retired {
    /// Takes in a cache that has [retired](Inner::retire).
    pub(crate) fn put(&mut self, channel: &ChannelId, cache: &TokenCache, now: Moment) {
        self.channels.insert(channel.clone(), Gone::Leaving(cache.clone()));
        if self.channels.len() >= self.tidy_at {
            self.tidy(now);
            self.tidy_at = FEW.max(2 * self.channels.len());
        }
    }

    /// Gives what is known of a channel that comes back to its new cache.
    pub(crate) fn hand_over(&mut self, channel: &ChannelId, cache: &Arc<Inner>) {
        let past = match self.channels.remove(channel) {
            Some(Gone::Past(past)) => past,
            Some(Gone::Leaving(old)) => old.inner().take_past(),
            None => return,
        };
        let mut control = cache.control();
        control.ledger = past.ledger;
        control.failure = past.failure;
        control.last_invalidation = past.last_invalidation;
        control.predecessors = past.predecessors;
        cache.plan(&mut control, cache.now());
    }

    /// Forgets what does not matter any more.
    fn tidy(&mut self, now: Moment) {
        self.channels.retain(|_, gone| {
            if let Gone::Leaving(cache) = gone
                && !cache.inner().is_leaving(now)
            {
                *gone = Gone::Past(cache.inner().take_past());
            }
            match gone {
                Gone::Past(past) => past.matters(now),
                Gone::Leaving(_) => true,
            }
        });
    }

    /// The caches whose tokens may wait to be revoked.
    pub(crate) fn leaving(&self) -> Vec<TokenCache> {
        let leaving = |gone: &Gone| match gone {
            Gone::Leaving(cache) => Some(cache.clone()),
            Gone::Past(_) => None,
        };
        self.channels.values().filter_map(leaving).collect()
    }
}

/// Why a channel leaves a pool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Others were used since. It stays where a call is under way, and who got its token of late may use it still.
    Unused,
    /// It was told to.
    Removed,
}

impl Inner {
    /// Ends the cache's life in a pool, and says whether it does: it asks for no further token.
    pub(crate) fn retire(self: &Arc<Self>, leave: Leave) -> bool {
        let now = self.now();
        let mut control = self.control();
        if leave == Leave::Unused && (control.flight.is_some() || control.queued) {
            return false;
        }
        control.closed = true;
        control.retired = true;
        if let Some(token) = self.current.swap(None) {
            match leave {
                Leave::Unused => self.succeed(&mut control, &token, now),
                Leave::Removed => self.discard(&mut control, &token, now),
            }
        }
        if leave == Leave::Removed {
            // It may come back with other credentials, which are tried at once.
            control.soon_again(self.policy.least_interval, now);
        }
        self.plan(&mut control, now);
        true
    }

    /// Whether tokens wait to be revoked, or one may still come that will.
    fn is_leaving(&self, now: Moment) -> bool {
        let mut control = self.control();
        control.forget_expired(now);
        !control.predecessors.is_empty() || control.flight.is_some()
    }

    fn take_past(self: &Arc<Self>) -> Past {
        let mut control = self.control();
        let (flight, revocation): (Option<Flight>, _) = (control.flight.take(), control.revocation.take());
        let past = Past {
            ledger: mem::take(&mut control.ledger),
            failure: control.failure.take(),
            last_invalidation: control.last_invalidation,
            predecessors: mem::take(&mut control.predecessors),
            least_interval: self.policy.least_interval,
        };
        drop(control);
        // Their tasks end; what a flight may have issued has been charged.
        drop((flight, revocation));
        past
    }
}
