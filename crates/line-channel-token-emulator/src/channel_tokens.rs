//! One channel's tokens.

use std::collections::VecDeque;

use line_channel_token_core::Moment;

use crate::issued_token::TokenDigest;
use crate::stateless_count::{LIFETIME, StatelessCount};
use crate::stateless_token::StatelessToken;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;

/// How many expired and revoked tokens are remembered for each channel; older ones become unknown.
pub(crate) const REMEMBERED: usize = 1000;

/// A channel's tokens in the order of their issue. A token is either live or ended, and ends once.
#[derive(Default)]
pub(crate) struct ChannelTokens {
    pub(crate) short_lived: VecDeque<TokenDigest>,
    pub(crate) jwt: VecDeque<TokenDigest>,
    /// At most two: the previous one may stay valid for a while after a new one is registered.
    pub(crate) long_lived: VecDeque<TokenDigest>,
    pub(crate) ended: VecDeque<TokenDigest>,
    pub(crate) stateless: StatelessCount,
    /// The stateless tokens that were found expired, up to [`REMEMBERED`].
    stateless_expired: VecDeque<TokenDigest>,
}

impl ChannelTokens {
    /// The lists of live tokens that are stored.
    pub(crate) fn stored(&mut self) -> [&mut VecDeque<TokenDigest>; 3] {
        [&mut self.short_lived, &mut self.jwt, &mut self.long_lived]
    }

    pub(crate) fn live(&mut self, family: TokenFamily, now: Moment) -> usize {
        match family {
            TokenFamily::ShortLived => self.short_lived.len(),
            TokenFamily::Jwt => self.jwt.len(),
            TokenFamily::Stateless => self.stateless.live(now),
            TokenFamily::LongLived => self.long_lived.len(),
        }
    }

    /// What is known about a stateless token of this channel.
    pub(crate) fn stateless_status(&mut self, digest: TokenDigest, token: StatelessToken, now: Moment) -> TokenStatus {
        if self.stateless_expired.contains(&digest) {
            return TokenStatus::Expired(token.channel);
        }
        let remaining = LIFETIME.saturating_sub(now.since(token.issued_at));
        if !remaining.is_zero() {
            return TokenStatus::Live(token.channel, remaining.as_secs());
        }
        // Remembered, so that it stays expired if the clock is set back.
        self.stateless_expired.push_back(digest);
        if self.stateless_expired.len() > REMEMBERED {
            self.stateless_expired.pop_front();
        }
        TokenStatus::Expired(token.channel)
    }
}
