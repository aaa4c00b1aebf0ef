//! One issued token, as the store holds it.

use std::time::Duration;

use line_channel_token_core::Moment;

use crate::live_channel::ChannelNumber;
use crate::token_family::TokenFamily;

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
    pub(crate) channel: ChannelNumber,
    /// In Unix time, as its channel had it.
    pub(crate) issued_at: Duration,
    /// When the lifetime began: at the issue, or when a long-lived token was replaced.
    pub(crate) since: Moment,
    /// `None` if the token does not expire.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) key_id: Box<str>,
    /// Written once: an expired token stays so if the clock is set back.
    pub(crate) end: Option<End>,
}

impl IssuedToken {
    pub(crate) fn new(family: TokenFamily, channel: ChannelNumber, now: Moment, lifetime: Option<Duration>) -> Self {
        Self { family, channel, issued_at: now.unix, since: now, lifetime, key_id: Box::default(), end: None }
    }

    /// The key id, which a v2.1 token alone has.
    pub(crate) fn shown_key_id(&self) -> Option<String> {
        (self.family == TokenFamily::Jwt).then(|| self.key_id.to_string())
    }

    /// Whether the lifetime is over. The caller records that.
    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        self.remaining(now).is_zero()
    }

    pub(crate) fn remaining(&self, now: Moment) -> Duration {
        self.lifetime.map_or(NO_EXPIRY, |lifetime| lifetime.saturating_sub(now.since(self.since)))
    }
}
