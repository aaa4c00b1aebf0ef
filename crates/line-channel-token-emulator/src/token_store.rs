//! Which tokens exist, and what became of them.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use line_channel_token_core::Moment;

use crate::channel_tokens::{ChannelTokens, REMEMBERED};
use crate::issued_token::{End, IssuedToken, TokenDigest};
use crate::stateless_token::StatelessToken;
use crate::token_family::TokenFamily;
use crate::token_status::{ChannelIndex, TokenStatus};

/// How many v2.1 tokens a channel may have.
const MAX_JWT_TOKENS: usize = 30;

/// The channel has its 30 valid v2.1 tokens already.
#[derive(Debug)]
pub(crate) struct TokenLimitReached;

/// A token with this text was issued or registered before.
#[derive(Debug)]
pub(crate) struct AlreadyKnown;

/// Every token of every channel, apart from stateless ones.
pub(crate) struct TokenStore {
    tokens: HashMap<TokenDigest, IssuedToken>,
    channels: Vec<ChannelTokens>,
    max_short_lived_tokens: usize,
}

impl TokenStore {
    pub(crate) fn new(channels: usize, max_short_lived_tokens: usize) -> Self {
        Self {
            tokens: HashMap::new(),
            channels: (0..channels).map(|_| ChannelTokens::default()).collect(),
            max_short_lived_tokens,
        }
    }

    /// Records a v2 token; the oldest is revoked if the channel has as many as it may have.
    pub(crate) fn add_short_lived(&mut self, channel: ChannelIndex, token: &str, lifetime: Duration, now: Moment) {
        self.record_expiries(channel, now);
        while self.channels[channel.0].short_lived.len() >= self.max_short_lived_tokens {
            let Some(oldest) = self.channels[channel.0].short_lived.pop_front() else { break };
            self.end(channel, oldest, End::Revoked);
        }
        let digest = self.insert(TokenFamily::ShortLived, channel, token, Some(lifetime), "", now);
        self.channels[channel.0].short_lived.push_back(digest);
    }

    /// Records a v2.1 token, unless the channel has 30 valid ones.
    pub(crate) fn add_jwt(
        &mut self,
        channel: ChannelIndex,
        token: &str,
        key_id: &str,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), TokenLimitReached> {
        self.record_expiries(channel, now);
        if self.channels[channel.0].jwt.len() >= MAX_JWT_TOKENS {
            return Err(TokenLimitReached);
        }
        let digest = self.insert(TokenFamily::Jwt, channel, token, Some(lifetime), key_id, now);
        self.channels[channel.0].jwt.push_back(digest);
        Ok(())
    }

    /// Records a long-lived token and ends the previous one at once or after `keep_previous_for`.
    pub(crate) fn add_long_lived(
        &mut self,
        channel: ChannelIndex,
        token: &str,
        keep_previous_for: Duration,
        now: Moment,
    ) -> Result<(), AlreadyKnown> {
        self.record_expiries(channel, now);
        if self.tokens.contains_key(&TokenDigest::of(token)) {
            return Err(AlreadyKnown);
        }
        let mut previous = std::mem::take(&mut self.channels[channel.0].long_lived);
        if !keep_previous_for.is_zero()
            && let Some(last) = previous.pop_back()
        {
            // If it was replaced before, its expiry stays.
            if let Some(issued) = self.tokens.get_mut(&last).filter(|issued| issued.lifetime.is_none()) {
                issued.since = now;
                issued.lifetime = Some(keep_previous_for);
            }
            self.channels[channel.0].long_lived.push_back(last);
        }
        for digest in previous {
            self.end(channel, digest, End::Revoked);
        }
        let digest = self.insert(TokenFamily::LongLived, channel, token, None, "", now);
        self.channels[channel.0].long_lived.push_back(digest);
        Ok(())
    }

    pub(crate) fn add_stateless(&mut self, channel: ChannelIndex, now: Moment) {
        self.channels[channel.0].stateless.add(now);
    }

    /// What is known about a stateless token that this emulator issued.
    pub(crate) fn stateless_status(&mut self, text: &str, token: StatelessToken, now: Moment) -> TokenStatus {
        let channels = self.channels.get_mut(token.channel.0);
        channels.map_or(TokenStatus::Unknown, |channels| channels.stateless_status(TokenDigest::of(text), token, now))
    }

    /// The channel that a token was issued for, whether it is valid or not.
    pub(crate) fn owner(&self, token: &str) -> Option<ChannelIndex> {
        self.tokens.get(&TokenDigest::of(token)).map(|issued| issued.channel)
    }

    /// What is known about a token of some families. An expiry is recorded first.
    pub(crate) fn status(&mut self, families: &[TokenFamily], token: &str, now: Moment) -> TokenStatus {
        let digest = TokenDigest::of(token);
        let issued = self.tokens.get(&digest).filter(|issued| families.contains(&issued.family));
        let Some(channel) = issued.map(|issued| issued.channel) else {
            return TokenStatus::Unknown;
        };
        self.record_expiries(channel, now);
        self.tokens.get(&digest).map_or(TokenStatus::Unknown, |issued| issued.status(now))
    }

    /// Revokes a token that is live; any other text changes nothing.
    pub(crate) fn revoke(&mut self, families: &[TokenFamily], token: &str, now: Moment) {
        let TokenStatus::Live(channel, _) = self.status(families, token, now) else { return };
        let digest = TokenDigest::of(token);
        let channels = &mut self.channels[channel.0];
        for list in channels.stored() {
            list.retain(|other| *other != digest);
        }
        self.end(channel, digest, End::Revoked);
    }

    /// Revokes what a channel has, apart from stateless tokens, and returns their number.
    pub(crate) fn revoke_all(&mut self, channel: ChannelIndex, now: Moment) -> usize {
        self.record_expiries(channel, now);
        let live: Vec<TokenDigest> = self.channels[channel.0].stored().into_iter().flat_map(std::mem::take).collect();
        for digest in &live {
            self.end(channel, *digest, End::Revoked);
        }
        live.len()
    }

    /// The key ids of a channel's valid v2.1 tokens, oldest first.
    pub(crate) fn key_ids(&mut self, channel: ChannelIndex, now: Moment) -> Vec<String> {
        self.record_expiries(channel, now);
        let jwt = &self.channels[channel.0].jwt;
        jwt.iter().filter_map(|digest| self.tokens.get(digest)).map(|token| token.key_id.to_string()).collect()
    }

    pub(crate) fn live(&mut self, family: TokenFamily, channel: ChannelIndex, now: Moment) -> usize {
        self.record_expiries(channel, now);
        self.channels[channel.0].live(family, now)
    }

    fn insert(
        &mut self,
        family: TokenFamily,
        channel: ChannelIndex,
        token: &str,
        lifetime: Option<Duration>,
        key_id: &str,
        now: Moment,
    ) -> TokenDigest {
        let digest = TokenDigest::of(token);
        let issued = IssuedToken { family, channel, since: now, lifetime, key_id: key_id.into(), end: None };
        self.tokens.insert(digest, issued);
        digest
    }

    /// Records which tokens have expired, so that they stay so if the clock is set back.
    fn record_expiries(&mut self, channel: ChannelIndex, now: Moment) {
        let tokens = &self.tokens;
        let mut expired = Vec::new();
        let channels = &mut self.channels[channel.0];
        for list in channels.stored() {
            list.retain(|digest| {
                let live = tokens.get(digest).is_some_and(|issued| !issued.is_expired(now));
                if !live {
                    expired.push(*digest);
                }
                live
            });
        }
        for digest in expired {
            self.end(channel, digest, End::Expired);
        }
    }

    fn end(&mut self, channel: ChannelIndex, digest: TokenDigest, end: End) {
        match self.tokens.get_mut(&digest) {
            Some(issued) if issued.end.is_none() => issued.end = Some(end),
            _ => return,
        }
        let ended = &mut self.channels[channel.0].ended;
        ended.push_back(digest);
        if ended.len() > REMEMBERED
            && let Some(forgotten) = ended.pop_front()
        {
            self.tokens.remove(&forgotten);
        }
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStore").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{REMEMBERED, TokenStore};
    use crate::token_family::TokenFamily;
    use crate::token_status::{ChannelIndex, TokenStatus};

    fn at(seconds: u64) -> Moment {
        let time = Duration::from_secs(seconds);
        Moment { monotonic: time, unix: time }
    }

    #[test]
    fn memory_of_ended_tokens_is_bounded() {
        let mut store = TokenStore::new(1, 1);
        let channel = ChannelIndex(0);
        for number in 0..REMEMBERED + 2 {
            store.add_short_lived(channel, &number.to_string(), Duration::from_secs(60), at(0));
        }
        let mut status = |token: &str| store.status(TokenFamily::V2, token, at(0));
        assert_eq!(status("0"), TokenStatus::Unknown);
        assert_eq!(status("1"), TokenStatus::Revoked(channel));
        assert_eq!(status(&(REMEMBERED + 1).to_string()), TokenStatus::Live(channel, 60));
        assert_eq!(store.tokens.len(), REMEMBERED + 1);
    }

    #[test]
    fn ended_tokens_stay_ended() {
        let mut store = TokenStore::new(1, 2);
        let channel = ChannelIndex(0);
        let lifetime = Duration::from_secs(60);
        let v2 = TokenFamily::V2;
        store.add_short_lived(channel, "expires", lifetime, at(0));
        assert_eq!(store.status(v2, "expires", at(60)), TokenStatus::Expired(channel), "asked, and so recorded");
        store.add_short_lived(channel, "revoked", lifetime, at(0));
        store.revoke(v2, "revoked", at(0));
        for second in [0, 100, 0] {
            for token in ["expires", "revoked"] {
                store.revoke(v2, token, at(second));
            }
            store.revoke_all(channel, at(second));
            assert_eq!(store.status(v2, "expires", at(second)), TokenStatus::Expired(channel));
            assert_eq!(store.status(v2, "revoked", at(second)), TokenStatus::Revoked(channel));
            assert_eq!(
                (store.channels[0].ended.len(), store.live(TokenFamily::ShortLived, channel, at(second))),
                (2, 0)
            );
        }
    }

    #[test]
    fn stateless_tokens_expire_from_the_count() {
        let mut store = TokenStore::new(1, 1);
        for second in [0, 0, 10] {
            store.add_stateless(ChannelIndex(0), at(second));
        }
        for (second, live) in [(10, 3), (899, 3), (900, 1), (910, 0)] {
            assert_eq!(store.live(TokenFamily::Stateless, ChannelIndex(0), at(second)), live, "{second}");
        }
    }
}
