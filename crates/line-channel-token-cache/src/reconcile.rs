//! What LINE holds against what the cache holds.

use std::sync::Arc;

use line_channel_token_core::{Error, TokenKeyId};

use crate::inner::Inner;
use crate::{CachedToken, TokenCache};

/// The key ids of a channel's valid v2.1 tokens, told apart by who holds them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reconciliation {
    /// The tokens that this cache holds: the current one, and those that wait to be revoked.
    pub held: Vec<TokenKeyId>,
    /// The tokens that others hold, or nobody: other processes, former runs of this one, and issues whose answer was lost.
    /// They take up places until they expire, and only who holds one can revoke it.
    pub orphans: Vec<TokenKeyId>,
    /// The tokens that this cache holds and LINE does not list: they were revoked elsewhere. A current one is dropped.
    pub missing: Vec<TokenKeyId>,
}

impl TokenCache {
    /// Compares the valid v2.1 tokens that LINE lists for the channel with those that this cache holds.
    ///
    /// The budget learns from it: an issue whose answer was lost counts no longer where LINE lists no token that could
    /// have come of it. And a current token that LINE does not list is dropped as by [`invalidate`](Self::invalidate). Nothing is
    /// revoked.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the source's tokens have no key ids,
    /// and whatever kept the source from asking.
    pub async fn reconcile(&self) -> Result<Reconciliation, Error> {
        let cache = self.inner();
        // What is held before the question: what lands after it cannot be missing from the answer.
        let before = cache.held();
        let listed = cache.source.key_ids().await?;
        let after = cache.held();
        let holds = |id: &TokenKeyId| before.iter().chain(&after).any(|token| token.key_id() == Some(id));
        let (held, orphans): (Vec<_>, Vec<_>) = listed.into_iter().partition(holds);
        let missing: Vec<_> = before
            .iter()
            .filter(|token| after.iter().any(|other| other.serial() == token.serial()))
            .filter(|token| token.key_id().is_some_and(|id| !held.contains(id)))
            .collect();
        cache.control().ledger.keep_unanswered(orphans.len());
        for token in &missing {
            cache.forget(token);
        }
        let missing = missing.iter().filter_map(|token| token.key_id().cloned()).collect();
        Ok(Reconciliation { held, orphans, missing })
    }
}

impl Inner {
    /// The valid tokens that this cache holds.
    fn held(&self) -> Vec<Arc<CachedToken>> {
        let now = self.now();
        let mut held = self.control().predecessors();
        held.extend(self.current.load().as_ref().map(Arc::clone));
        held.retain(|token| !token.remaining(now).is_zero());
        held
    }
}
