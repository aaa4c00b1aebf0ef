//! What LINE holds against what the cache holds.

use std::sync::Arc;

use line_channel_token_core::{Error, TokenKeyId};

use crate::cache::TokenCache;
use crate::token::CachedToken;
use crate::wait::{deadline_exceeded, timeout};

/// The key ids of a channel's valid v2.1 tokens, grouped by who holds them.
///
/// ```
/// use line_channel_token_cache::{JwtSource, TokenCache};
/// use line_channel_token_core::{AssertionKid, ChannelId, Operation, TokenLifetime};
/// use line_channel_token_mock::{FakeSigner, MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let line = MockBackend::new();
/// line.given(Operation::IssueJwt).respond(Reply::jwt_token("the-token", "ours"));
/// line.given(Operation::KeyIds).respond(Reply::key_ids(["ours", "of-a-former-run"]));
/// let signer = FakeSigner::new(ChannelId::new("1234567890")?, AssertionKid::new("kid")?);
/// let source = JwtSource::new(line.client(), signer, TokenLifetime::from_days(30)?);
/// let tokens = TokenCache::new(source);
/// tokens.warm_up().await?;
///
/// let found = tokens.reconcile().await?;
/// assert_eq!(found.held.len(), 1);
/// assert_eq!(found.orphans[0].to_string(), "of-a-former-run");
/// assert!(found.missing.is_none(), "LINE lists the current token");
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` it serializes to its fields, as lists of key ids.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reconciliation {
    /// The tokens that this cache holds: the current one, and those that wait to be revoked.
    pub held: Vec<TokenKeyId>,
    /// The tokens that others hold, or nobody: other processes, former runs of this one, tokens that were invalidated, and
    /// issues whose response was lost. They use up slots until they expire, and only who holds one can revoke it.
    pub orphans: Vec<TokenKeyId>,
    /// The current token, if LINE does not list it: it was revoked elsewhere, and is dropped.
    pub missing: Option<TokenKeyId>,
}

impl TokenCache {
    /// Compares the valid v2.1 tokens that LINE lists for the channel with those that this cache holds.
    ///
    /// The budget learns from it: a token that LINE does not list counts no longer, nor does an issue whose response was lost
    /// if LINE lists no token that could have come of it. A current token that LINE does not list is dropped, as by
    /// [`invalidate`](Self::invalidate). Orphans are left alone.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the source's tokens have no key ids,
    /// and whatever kept the source from asking.
    pub async fn reconcile(&self) -> Result<Reconciliation, Error> {
        // Read before the request: a token that arrives later cannot be missing from the response.
        let before = self.holdings();
        let source = Arc::clone(&self.shared().state().source);
        let limit = self.shared().settings.issue_timeout;
        let call = timeout(self.shared().clock(), limit, async { source.key_ids().await });
        let listed = call.await.unwrap_or_else(|| Err(deadline_exceeded(limit)))?;
        let Some(listed) = listed else {
            return Err(Error::invalid_input("these tokens have no key ids: only v2.1 tokens can be listed"));
        };
        let after = self.holdings();
        let mine = |id: &TokenKeyId| before.tokens.iter().chain(&after.tokens).any(|token| token.key_id() == Some(id));
        {
            let mut state = self.shared().state();
            state.issues.compare(&listed, before.last_serial, before.in_flight);
            state.slot_released();
        }
        let missing = before.current.filter(|token| token.key_id().is_some_and(|id| !listed.contains(id)));
        if let Some(token) = &missing {
            self.invalidate(token);
        }
        let (held, orphans) = listed.into_iter().partition(mine);
        Ok(Reconciliation { held, orphans, missing: missing.and_then(|token| token.key_id().cloned()) })
    }

    fn holdings(&self) -> Holdings {
        let state = self.shared().state();
        Holdings {
            current: self.shared().current.load_full(),
            tokens: self.shared().held_tokens(&state),
            last_serial: state.issues.last_serial(),
            in_flight: state.in_flight.as_ref().and_then(|refresh| refresh.serial()),
        }
    }
}

/// What a cache holds at the moment.
struct Holdings {
    current: Option<Arc<CachedToken>>,
    /// The current one, and those that wait to be revoked.
    tokens: Vec<Arc<CachedToken>>,
    last_serial: u64,
    in_flight: Option<u64>,
}
