//! What a pool remembers of the channels that it dropped: which of their places are taken.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use line_channel_token_core::{ChannelId, Moment};

use crate::TokenCache;
use crate::budget::Ledger;
use crate::inner::Inner;
use crate::runtime::{self, Task};

/// Without this, a channel that comes and goes would use up its 30 places, each time with a fresh budget.
#[derive(Default)]
pub(crate) struct Retired(HashMap<ChannelId, Gone>);

enum Gone {
    Ledger(Ledger),
    /// Its tokens are being revoked.
    Leaving(TokenCache, Task),
}

impl Retired {
    /// Takes in a channel that was dropped.
    pub(crate) fn put(&mut self, channel: &ChannelId, cache: TokenCache) {
        let revokes = cache.inner().retire();
        let leaves = cache.clone();
        // Outside of a runtime the tokens are left to expire.
        let leaving = revokes.then(|| runtime::spawn(async move { leaves.shutdown().await }).ok()).flatten();
        let gone = match leaving {
            Some(task) => Gone::Leaving(cache, task),
            None => match cache.inner().source.budget() {
                Some(_) => Gone::Ledger(cache.inner().take_ledger()),
                None => return,
            },
        };
        self.0.insert(channel.clone(), gone);
    }

    /// Gives out what is known of a channel that comes back.
    pub(crate) fn take(&mut self, channel: &ChannelId) -> Ledger {
        match self.0.remove(channel) {
            Some(Gone::Ledger(ledger)) => ledger,
            // What is not revoked yet counts on.
            Some(Gone::Leaving(cache, _)) => cache.inner().take_ledger(),
            None => Ledger::default(),
        }
    }

    /// Forgets what does not matter any more.
    pub(crate) fn tidy(&mut self, now: Moment) {
        self.0.retain(|_, gone| {
            if let Gone::Leaving(cache, task) = gone
                && task.is_over()
            {
                *gone = Gone::Ledger(cache.inner().take_ledger());
            }
            match gone {
                Gone::Ledger(ledger) => ledger.taken(now) > 0,
                Gone::Leaving(..) => true,
            }
        });
    }

    /// The caches whose tokens are being revoked.
    pub(crate) fn leaving(&self) -> Vec<TokenCache> {
        let leaving = |gone: &Gone| match gone {
            Gone::Leaving(cache, _) => Some(cache.clone()),
            Gone::Ledger(_) => None,
        };
        self.0.values().filter_map(leaving).collect()
    }
}

impl Inner {
    /// Ends the cache's life in a pool: it asks for no further token. Says whether it has tokens to revoke, or will have.
    fn retire(self: &Arc<Self>) -> bool {
        let now = self.now();
        let mut control = self.control();
        control.closed = true;
        control.retired = true;
        if let Some(token) = self.current.swap(None) {
            self.discard(&mut control, &token, now);
        }
        self.plan(&mut control, now);
        !control.predecessors().is_empty() || (control.flight.is_some() && self.source.revokes_after().is_some())
    }

    fn take_ledger(&self) -> Ledger {
        mem::take(&mut self.control().ledger)
    }

    /// Whether a call is under way or waits for its turn.
    pub(crate) fn is_busy(&self) -> bool {
        let control = self.control();
        control.flight.is_some() || control.queued
    }
}
