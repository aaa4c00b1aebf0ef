//! One issued token, as the store holds it.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use line_channel_token_core::Moment;

use crate::token_family::TokenFamily;
use crate::token_status::{ChannelIndex, TokenStatus};

/// SHA-256 of a token. The tokens themselves are not stored, and the time of a lookup says nothing about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }
}

/// The `expires_in` of a token that does not expire, in seconds: what LINE's reference shows for a long-lived one.
const NO_EXPIRY: Duration = Duration::from_secs(3_138_007_490);

/// Why a token is no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Expired,
    Revoked,
}

pub(crate) struct IssuedToken {
    pub(crate) family: TokenFamily,
    pub(crate) channel: ChannelIndex,
    /// When the lifetime began: at the issue, or when a long-lived token was replaced.
    pub(crate) since: Moment,
    /// `None` if the token does not expire.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) key_id: Box<str>,
    /// Written once: an expired token stays so if the clock is set back.
    pub(crate) end: Option<End>,
}

impl IssuedToken {
    /// Whether the lifetime is over. The caller records that.
    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        self.remaining(now).is_zero()
    }

    pub(crate) fn status(&self, now: Moment) -> TokenStatus {
        match self.end {
            Some(End::Revoked) => TokenStatus::Revoked(self.channel),
            Some(End::Expired) => TokenStatus::Expired(self.channel),
            None => TokenStatus::Live(self.channel, self.remaining(now).as_secs()),
        }
    }

    fn remaining(&self, now: Moment) -> Duration {
        self.lifetime.map_or(NO_EXPIRY, |lifetime| lifetime.saturating_sub(now.since(self.since)))
    }
}
