//! A token in the cache.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use line_channel_token_core::{AccessToken, Moment, TokenKeyId};

use crate::decide::expiry::{Expiry, refresh_window};
use crate::issue::NewToken;

/// A token in the cache, with its header already made.
///
/// ```
/// # use line_channel_token_cache::{StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// let token = tokens.token().await?;
/// assert_eq!(token.header_value(), "Bearer long-lived");
/// assert!(token.expires_in().is_none(), "a long-lived token does not expire");
/// # Ok(())
/// # }
/// ```
pub struct CachedToken(Body);

/// In this order and so aligned, because what a read needs comes first, in one cache line; and it fills two.
#[repr(C, align(64))]
struct Body {
    expiry: Expiry,
    access_token: AccessToken,
    header: HeaderValue,
    key_id: Option<TokenKeyId>,
    /// The number of its call in the issue log, and in the last bit whether others issued it.
    tag: u32,
}

impl CachedToken {
    /// `jitter` is from 0 to 1.
    pub(crate) fn new(token: NewToken, serial: u64, now: Moment, jitter: f32) -> Self {
        let NewToken { access_token, key_id, sent_at, lifetime, is_adopted, refresh_in, fallback: _ } = token;
        let header = access_token.header_value();
        let expiry = Expiry::new(sent_at, lifetime, now, refresh_window(lifetime, refresh_in, jitter));
        let tag = (serial as u32) << 1 | u32::from(is_adopted);
        Self(Body { expiry, header, access_token, key_id, tag })
    }

    /// The token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.0.access_token
    }

    /// `Bearer <token>` for an `Authorization` header, made once and marked sensitive. The clone is cheap.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// The id under which `key_ids` lists it, if it is a v2.1 token.
    #[must_use]
    pub fn key_id(&self) -> Option<&TokenKeyId> {
        self.0.key_id.as_ref()
    }

    /// The whole lifetime that the server gave it; `None` if it does not expire.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.0.expiry.lifetime()
    }

    /// The lifetime that is surely left at `now`: counted from when its issue request was sent, by the clock that says less.
    #[must_use]
    pub fn remaining(&self, now: Moment) -> Duration {
        self.0.expiry.remaining(now)
    }

    pub(crate) fn expiry(&self) -> &Expiry {
        &self.0.expiry
    }

    pub(crate) fn is_valid(&self, now: Moment) -> bool {
        !self.remaining(now).is_zero()
    }

    pub(crate) fn has_text_of(&self, other: &Self) -> bool {
        self.0.access_token.expose_secret() == other.0.access_token.expose_secret()
    }

    pub(crate) fn serial(&self) -> u64 {
        u64::from(self.0.tag >> 1)
    }

    pub(crate) fn is_adopted(&self) -> bool {
        self.0.tag & 1 == 1
    }

    /// The token as its source returned it.
    pub(crate) fn to_new_token(&self) -> NewToken {
        NewToken {
            access_token: self.0.access_token.clone(),
            key_id: self.0.key_id.clone(),
            sent_at: self.0.expiry.sent_at(),
            lifetime: self.0.expiry.lifetime(),
            is_adopted: self.is_adopted(),
            refresh_in: None,
            fallback: None,
        }
    }
}

const _: () = assert!(size_of::<Body>() == 128, "a token takes two cache lines");

impl fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken")
            .field("key_id", &self.0.key_id)
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}
