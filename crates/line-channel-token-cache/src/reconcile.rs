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
    /// The tokens that others hold, or nobody: other processes, former runs of this one, tokens that were invalidated, and
    /// issues whose answer was lost. They take up places until they expire, and only who holds one can revoke it.
    pub orphans: Vec<TokenKeyId>,
    /// The current token, where LINE does not list it: it was revoked elsewhere, and is dropped.
    pub missing: Option<TokenKeyId>,
}

impl TokenCache {
    /// Compares the valid v2.1 tokens that LINE lists for the channel with those that this cache holds.
    ///
    /// The budget learns from it: a token that LINE does not list counts no longer, nor does an issue whose answer was lost
    /// where LINE lists no token that could have come of it. A current token that LINE does not list is dropped, as by
    /// [`invalidate`](Self::invalidate). Orphans are left alone.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the source's tokens have no key ids,
    /// and whatever kept the source from asking.
    pub async fn reconcile(&self) -> Result<Reconciliation, Error> {
        let cache = self.inner();
        // Noted before the question: what lands after it cannot be missing from the answer.
        let before = cache.holdings();
        let listed = cache.source.key_ids().await?;
        let after = cache.holdings();
        let mine = |id: &TokenKeyId| before.tokens.iter().chain(&after.tokens).any(|token| token.key_id() == Some(id));
        cache.control().ledger.compare(&listed, before.last_serial, before.under_way);
        let missing = before.current.filter(|token| token.key_id().is_some_and(|id| !listed.contains(id)));
        if let Some(token) = &missing {
            self.invalidate(token);
        }
        let (held, orphans) = listed.into_iter().partition(mine);
        Ok(Reconciliation { held, orphans, missing: missing.and_then(|token| token.key_id().cloned()) })
    }
}

/// What a cache holds at the moment.
struct Holdings {
    current: Option<Arc<CachedToken>>,
    /// The current one, and those that wait to be revoked.
    tokens: Vec<Arc<CachedToken>>,
    last_serial: u64,
    under_way: Option<u64>,
}

impl Inner {
    fn holdings(&self) -> Holdings {
        let control = self.control();
        let current = self.current.load_full();
        let mut tokens = control.predecessors();
        tokens.extend(current.clone());
        let under_way = control.flight.as_ref().map(|flight| flight.serial);
        Holdings { current, tokens, last_serial: control.ledger.last_serial(), under_way }
    }
}
