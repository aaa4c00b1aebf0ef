//! One channel's tokens.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use line_channel_token_core::Moment;

use crate::issued_token::{End, IssuedToken};
use crate::live_channel::Channel;
use crate::stateless_count::{LIFETIME, StatelessCount};
use crate::stateless_token::StatelessToken;
use crate::token_digest::TokenDigest;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;

/// How many expired and revoked tokens are remembered for each channel; older ones become unknown.
pub(crate) const REMEMBERED: usize = 1000;

/// The tokens of all channels.
pub(crate) type Tokens = HashMap<TokenDigest, IssuedToken>;

/// A channel's tokens in the order of their issue. A token is either live or ended, and ends once.
pub(crate) struct ChannelTokens {
    pub(crate) channel: Arc<Channel>,
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
    pub(crate) fn new(channel: Arc<Channel>) -> Self {
        Self {
            channel,
            short_lived: VecDeque::new(),
            jwt: VecDeque::new(),
            long_lived: VecDeque::new(),
            ended: VecDeque::new(),
            stateless: StatelessCount::default(),
            stateless_expired: VecDeque::new(),
        }
    }

    /// The lists of live tokens that are stored.
    pub(crate) fn stored(&mut self) -> [&mut VecDeque<TokenDigest>; 3] {
        [&mut self.short_lived, &mut self.jwt, &mut self.long_lived]
    }

    /// The live tokens that are stored, family by family, each in the order of issue.
    pub(crate) fn live_stored(&self) -> impl Iterator<Item = &TokenDigest> {
        self.short_lived.iter().chain(&self.jwt).chain(&self.long_lived)
    }

    pub(crate) fn live(&mut self, family: TokenFamily, now: Moment) -> usize {
        match family {
            TokenFamily::ShortLived => self.short_lived.len(),
            TokenFamily::Jwt => self.jwt.len(),
            TokenFamily::Stateless => self.stateless.live(now),
            TokenFamily::LongLived => self.long_lived.len(),
        }
    }

    /// Records which tokens have expired, so that they stay so if the clock is set back.
    pub(crate) fn record_expiries(&mut self, tokens: &mut Tokens, now: Moment) {
        let mut expired = Vec::new();
        for list in self.stored() {
            list.retain(|digest| {
                let live = tokens.get(digest).is_some_and(|issued| !issued.is_expired(now));
                if !live {
                    expired.push(*digest);
                }
                live
            });
        }
        for digest in expired {
            self.end(tokens, digest, End::Expired);
        }
    }

    /// Ends a token that the caller has taken out of the live ones.
    pub(crate) fn end(&mut self, tokens: &mut Tokens, digest: TokenDigest, end: End) {
        match tokens.get_mut(&digest) {
            Some(issued) if issued.end.is_none() => issued.end = Some(end),
            _ => return,
        }
        self.ended.push_back(digest);
        if self.ended.len() > REMEMBERED
            && let Some(forgotten) = self.ended.pop_front()
        {
            tokens.remove(&forgotten);
        }
    }

    /// What is known about a stateless token of this channel.
    pub(crate) fn stateless_status(&mut self, digest: TokenDigest, token: StatelessToken, now: Moment) -> TokenStatus {
        let channel = Arc::clone(&self.channel);
        if self.stateless_expired.contains(&digest) {
            return TokenStatus::Expired(channel);
        }
        let remaining = LIFETIME.saturating_sub(now.since(token.issued_at));
        if !remaining.is_zero() {
            return TokenStatus::Live(channel, remaining.as_secs());
        }
        // Remembered, so that it stays expired if the clock is set back.
        self.stateless_expired.push_back(digest);
        if self.stateless_expired.len() > REMEMBERED {
            self.stateless_expired.pop_front();
        }
        TokenStatus::Expired(channel)
    }
}
