//! A token in the cache.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use line_channel_token_core::{AccessToken, Moment, TokenKeyId};

use crate::NewToken;
use crate::life::Life;

/// A token in the cache, with its header already made.
pub struct CachedToken {
    pub(crate) life: Life,
    access_token: AccessToken,
    header: HeaderValue,
    key_id: Option<TokenKeyId>,
    /// Its number in the cache's ledger.
    serial: u64,
}

impl CachedToken {
    /// `jitter` is from 0 to 1.
    pub(crate) fn new(token: NewToken, serial: u64, now: Moment, jitter: f64) -> Self {
        let NewToken { access_token, key_id, sent_at, expires_in, other_signer: _ } = token;
        let header = access_token.header_value();
        // The first clone makes the bytes shared, which allocates; none after it does.
        drop(header.clone());
        Self { life: Life::new(sent_at, expires_in, now, jitter), header, access_token, key_id, serial }
    }

    /// The token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// `Bearer <token>` for an `Authorization` header, made once and marked sensitive. The clone is cheap.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.header.clone()
    }

    /// The id under which `key_ids` lists it, for a v2.1 token.
    #[must_use]
    pub fn key_id(&self) -> Option<&TokenKeyId> {
        self.key_id.as_ref()
    }

    /// The whole life that the server gave it; `None` where it does not expire.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.life.whole()
    }

    pub(crate) fn is_the_same_as(&self, other: &Self) -> bool {
        self.access_token.expose_secret() == other.access_token.expose_secret()
    }

    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// The life that is surely left at `now`: counted from when its issue was asked for, by the clock that says less.
    #[must_use]
    pub fn remaining(&self, now: Moment) -> Duration {
        self.life.remaining(now)
    }
}

impl fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken")
            .field("key_id", &self.key_id)
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}
