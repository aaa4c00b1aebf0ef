//! What a cache tells whoever watches it.

use std::time::Duration;

use line_channel_token_core::{AssertionKid, Error, TokenKeyId};

/// Something that happened in a cache. Wire it to a metrics library or a log; it shows no secret, though what a
/// server wrote can be read from an [`Error`] on purpose.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The first token, or the first one after an expiry or an invalidation, was issued.
    Issued {
        /// Its whole life; `None` where it does not expire.
        expires_in: Option<Duration>,
    },
    /// A token was replaced while it was still valid.
    Refreshed {
        /// The whole life of the new one; `None` where it does not expire.
        expires_in: Option<Duration>,
    },
    /// The source failed.
    RefreshFailed {
        /// Why.
        error: Error,
        /// When it is tried again, counted from now.
        next_try_in: Duration,
    },
    /// A caller who should have got a new token got the old one, which is still valid, because the source failed.
    ServedStale,
    /// The current token was dropped because a server refused it.
    Invalidated,
    /// A token was revoked, because another has taken its place.
    Revoked {
        /// The key id of a v2.1 token.
        key_id: Option<TokenKeyId>,
    },
    /// A token could not be revoked yet.
    RevocationFailed {
        /// Why.
        error: Error,
        /// When it is tried again, counted from now.
        next_try_in: Duration,
    },
    /// No token was asked for, because as many as the budget allows are valid or may be. It is told once, until a token
    /// is issued again.
    BudgetReached {
        /// How many places the budget has.
        places: usize,
        /// When a place is free, counted from now.
        free_in: Duration,
    },
    /// LINE did not know the key of one signer, and that of the other served. Retire the former.
    OtherSignerUsed {
        /// The kid that LINE does not know, where the signer tells it.
        refused: Option<AssertionKid>,
        /// The kid of the key that served, where the signer tells it.
        used: Option<AssertionKid>,
    },
}
