//! Which tokens exist, and what became of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Moment};

use crate::channel_tokens::{ChannelTokens, Tokens};
use crate::emulator_time::EmulatorTime;
use crate::issued_token::{End, IssuedToken};
use crate::live_channel::{Channel, ChannelNumber};
use crate::stateless_token::StatelessToken;
use crate::token_digest::TokenDigest;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;

/// How many v2.1 tokens a channel may have.
pub(crate) const MAX_JWT_TOKENS: usize = 30;

/// The channel has its 30 valid v2.1 tokens already.
#[derive(Debug)]
pub(crate) struct TokenLimitReached;

/// A token with this text was issued or registered before.
#[derive(Debug)]
pub(crate) struct AlreadyKnown;

/// Every token of every channel, apart from stateless ones.
///
/// A request that began before its channel was removed or reset may still bring a token for it: the channel's number is gone
/// then, and nothing is recorded. It is as if the request had come just before.
pub(crate) struct TokenStore {
    tokens: Tokens,
    channels: HashMap<ChannelNumber, ChannelTokens>,
    pub(crate) max_short_lived_tokens: usize,
}

impl TokenStore {
    pub(crate) fn new(max_short_lived_tokens: usize) -> Self {
        Self { tokens: HashMap::new(), channels: HashMap::new(), max_short_lived_tokens }
    }

    pub(crate) fn add_channel(&mut self, channel: Arc<Channel>) {
        self.channels.insert(channel.number, ChannelTokens::new(channel));
    }

    /// Forgets a channel and its tokens.
    pub(crate) fn remove_channel(&mut self, number: ChannelNumber) {
        let Some(channel) = self.channels.remove(&number) else { return };
        for digest in channel.live_stored().chain(&channel.ended) {
            self.tokens.remove(digest);
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.max_short_lived_tokens);
    }

    /// Records a v2 token; the oldest is revoked if the channel has as many as it may have.
    pub(crate) fn add_short_lived(&mut self, channel: &Channel, token: &str, lifetime: Duration, now: Moment) {
        let max = self.max_short_lived_tokens;
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return };
        while of_channel.short_lived.len() >= max {
            let Some(oldest) = of_channel.short_lived.pop_front() else { break };
            of_channel.end(tokens, oldest, End::Revoked);
        }
        let digest = TokenDigest::of(token);
        tokens.insert(digest, IssuedToken::new(TokenFamily::ShortLived, channel.number, now, Some(lifetime)));
        of_channel.short_lived.push_back(digest);
    }

    /// Records a v2.1 token, unless the channel has 30 valid ones.
    pub(crate) fn add_jwt(
        &mut self,
        channel: &Channel,
        token: &str,
        key_id: &str,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), TokenLimitReached> {
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return Ok(()) };
        if of_channel.jwt.len() >= MAX_JWT_TOKENS {
            return Err(TokenLimitReached);
        }
        let digest = TokenDigest::of(token);
        let issued = IssuedToken::new(TokenFamily::Jwt, channel.number, now, Some(lifetime));
        tokens.insert(digest, IssuedToken { key_id: key_id.into(), ..issued });
        of_channel.jwt.push_back(digest);
        Ok(())
    }

    /// Records a long-lived token and ends the previous one at once or after `keep_previous_for`.
    pub(crate) fn add_long_lived(
        &mut self,
        channel: &Channel,
        token: &str,
        keep_previous_for: Duration,
        now: Moment,
    ) -> Result<(), AlreadyKnown> {
        let digest = TokenDigest::of(token);
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return Ok(()) };
        if tokens.contains_key(&digest) {
            return Err(AlreadyKnown);
        }
        let mut previous = std::mem::take(&mut of_channel.long_lived);
        if !keep_previous_for.is_zero()
            && let Some(last) = previous.pop_back()
        {
            // If it was replaced before, its expiry stays.
            if let Some(issued) = tokens.get_mut(&last).filter(|issued| issued.lifetime.is_none()) {
                issued.since = now;
                issued.lifetime = Some(keep_previous_for);
            }
            of_channel.long_lived.push_back(last);
        }
        for digest in previous {
            of_channel.end(tokens, digest, End::Revoked);
        }
        tokens.insert(digest, IssuedToken::new(TokenFamily::LongLived, channel.number, now, None));
        of_channel.long_lived.push_back(digest);
        Ok(())
    }

    /// Records the long-lived token that a new channel comes with, unless another channel has it.
    pub(crate) fn restore_long_lived(&mut self, channel: &Channel, digest: TokenDigest, now: Moment) {
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return };
        if let Entry::Vacant(vacant) = tokens.entry(digest) {
            vacant.insert(IssuedToken::new(TokenFamily::LongLived, channel.number, now, None));
            of_channel.long_lived.push_back(digest);
        }
    }

    pub(crate) fn add_stateless(&mut self, channel: &Channel, now: Moment) {
        if let Some(of_channel) = self.channels.get_mut(&channel.number) {
            of_channel.stateless.add(now);
        }
    }

    /// Whether a token with this text is live or remembered.
    pub(crate) fn knows(&self, digest: TokenDigest) -> bool {
        self.tokens.contains_key(&digest)
    }

    /// What is known about a stateless token that this emulator issued.
    pub(crate) fn stateless_status(&mut self, text: &str, token: StatelessToken, time: EmulatorTime) -> TokenStatus {
        let Some(of_channel) = self.channels.get_mut(&token.channel) else { return TokenStatus::Unknown };
        let now = of_channel.channel.now(time);
        of_channel.stateless_status(TokenDigest::of(text), token, now)
    }

    /// The channel that a token was issued for, whether it is valid or not.
    pub(crate) fn owner(&self, token: &str) -> Option<ChannelId> {
        self.tokens.get(&TokenDigest::of(token)).and_then(|issued| self.channel_id(issued.channel))
    }

    pub(crate) fn channel_id(&self, number: ChannelNumber) -> Option<ChannelId> {
        self.channels.get(&number).map(|of_channel| of_channel.channel.id().clone())
    }

    /// What is known about a token of some families, by the time of its channel. An expiry is recorded first.
    pub(crate) fn status(&mut self, families: &[TokenFamily], token: &str, time: EmulatorTime) -> TokenStatus {
        self.find(families, TokenDigest::of(token), time).map_or(TokenStatus::Unknown, |(_, status)| status)
    }

    /// A token of some families, and what is known about it. An expiry is recorded first.
    pub(crate) fn find(
        &mut self,
        families: &[TokenFamily],
        digest: TokenDigest,
        time: EmulatorTime,
    ) -> Option<(&IssuedToken, TokenStatus)> {
        let number = self.tokens.get(&digest).filter(|issued| families.contains(&issued.family))?.channel;
        let of_channel = self.channels.get_mut(&number)?;
        let now = of_channel.channel.now(time);
        of_channel.record_expiries(&mut self.tokens, now);
        let issued = self.tokens.get(&digest)?;
        let channel = Arc::clone(&of_channel.channel);
        let status = match issued.end {
            Some(End::Revoked) => TokenStatus::Revoked(channel),
            Some(End::Expired) => TokenStatus::Expired(channel),
            None => TokenStatus::Live(channel, issued.remaining(now).as_secs()),
        };
        Some((issued, status))
    }

    /// Revokes a token that is live; any other text changes nothing.
    pub(crate) fn revoke(&mut self, families: &[TokenFamily], token: &str, time: EmulatorTime) {
        let TokenStatus::Live(channel, _) = self.status(families, token, time) else { return };
        let digest = TokenDigest::of(token);
        let Some(of_channel) = self.channels.get_mut(&channel.number) else { return };
        for list in of_channel.stored() {
            list.retain(|other| *other != digest);
        }
        of_channel.end(&mut self.tokens, digest, End::Revoked);
    }

    /// Revokes what a channel has, apart from stateless tokens, and returns their number.
    pub(crate) fn revoke_all(&mut self, channel: &Channel, now: Moment) -> usize {
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return 0 };
        let live: Vec<TokenDigest> = of_channel.stored().into_iter().flat_map(std::mem::take).collect();
        for digest in &live {
            of_channel.end(tokens, *digest, End::Revoked);
        }
        live.len()
    }

    /// The key ids of a channel's valid v2.1 tokens, oldest first.
    pub(crate) fn key_ids(&mut self, channel: &Channel, now: Moment) -> Vec<String> {
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return Vec::new() };
        let jwt = of_channel.jwt.iter().filter_map(|digest| tokens.get(digest));
        jwt.map(|token| token.key_id.to_string()).collect()
    }

    /// The channel's stored tokens that are live, family by family, each in the order of issue.
    pub(crate) fn live_stored(&mut self, channel: &Channel, now: Moment) -> Vec<(TokenDigest, &IssuedToken)> {
        let Some((tokens, of_channel)) = self.current(channel.number, now) else { return Vec::new() };
        let tokens: &Tokens = tokens;
        of_channel.live_stored().filter_map(|digest| Some((*digest, tokens.get(digest)?))).collect()
    }

    pub(crate) fn live(&mut self, family: TokenFamily, channel: &Channel, now: Moment) -> usize {
        self.current(channel.number, now).map_or(0, |(_, of_channel)| of_channel.live(family, now))
    }

    /// All tokens, and those of a channel after expiries were recorded; `None` if the channel was removed or reset.
    fn current(&mut self, channel: ChannelNumber, now: Moment) -> Option<(&mut Tokens, &mut ChannelTokens)> {
        let of_channel = self.channels.get_mut(&channel)?;
        of_channel.record_expiries(&mut self.tokens, now);
        Some((&mut self.tokens, of_channel))
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStore").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::TokenStore;
    use crate::channel::EmulatedChannel;
    use crate::channel_tokens::REMEMBERED;
    use crate::emulator_time::EmulatorTime;
    use crate::live_channel::{Blueprint, Channel, ChannelNumber};
    use crate::token_family::TokenFamily;
    use crate::token_status::TokenStatus;

    fn at(seconds: u64) -> Moment {
        let time = Duration::from_secs(seconds);
        Moment { monotonic: time, unix: time }
    }

    fn store(max_short_lived_tokens: usize) -> (TokenStore, Arc<Channel>) {
        let number = ChannelNumber(7);
        let blueprint = Blueprint::new(EmulatedChannel::new("1234", "s3cr3t").unwrap());
        let channel = Arc::new(Channel::new(number, number, Arc::new(blueprint)));
        let mut store = TokenStore::new(max_short_lived_tokens);
        store.add_channel(Arc::clone(&channel));
        (store, channel)
    }

    fn status(store: &mut TokenStore, token: &str, seconds: u64) -> TokenStatus {
        store.status(TokenFamily::V2, token, EmulatorTime(at(seconds)))
    }

    #[test]
    fn memory_of_ended_tokens_is_bounded() {
        let (mut store, channel) = store(1);
        for number in 0..REMEMBERED + 2 {
            store.add_short_lived(&channel, &number.to_string(), Duration::from_secs(60), at(0));
        }
        assert_eq!(status(&mut store, "0", 0), TokenStatus::Unknown);
        assert_eq!(status(&mut store, "1", 0), TokenStatus::Revoked(Arc::clone(&channel)));
        assert_eq!(status(&mut store, &(REMEMBERED + 1).to_string(), 0), TokenStatus::Live(channel, 60));
        assert_eq!(store.tokens.len(), REMEMBERED + 1);
    }

    #[test]
    fn ended_tokens_stay_ended() {
        let (mut store, channel) = store(2);
        let lifetime = Duration::from_secs(60);
        store.add_short_lived(&channel, "expires", lifetime, at(0));
        let expired = TokenStatus::Expired(Arc::clone(&channel));
        assert_eq!(status(&mut store, "expires", 60), expired, "asked, and so recorded");
        store.add_short_lived(&channel, "revoked", lifetime, at(0));
        store.revoke(TokenFamily::V2, "revoked", EmulatorTime(at(0)));
        for second in [0, 100, 0] {
            for token in ["expires", "revoked"] {
                store.revoke(TokenFamily::V2, token, EmulatorTime(at(second)));
            }
            store.revoke_all(&channel, at(second));
            assert_eq!(status(&mut store, "expires", second), expired);
            assert_eq!(status(&mut store, "revoked", second), TokenStatus::Revoked(Arc::clone(&channel)));
            assert_eq!(store.channels[&channel.number].ended.len(), 2);
            assert_eq!(store.live(TokenFamily::ShortLived, &channel, at(second)), 0);
        }
    }

    #[test]
    fn stateless_tokens_expire_from_the_count() {
        let (mut store, channel) = store(1);
        for second in [0, 0, 10] {
            store.add_stateless(&channel, at(second));
        }
        for (second, live) in [(10, 3), (899, 3), (900, 1), (910, 0)] {
            assert_eq!(store.live(TokenFamily::Stateless, &channel, at(second)), live, "{second}");
        }
    }

    #[test]
    fn removed_channels_take_no_tokens() {
        let (mut store, channel) = store(2);
        let hour = Duration::from_secs(3600);
        store.add_short_lived(&channel, "before", hour, at(0));
        store.add_short_lived(&channel, "revoked", hour, at(0));
        store.revoke(TokenFamily::V2, "revoked", EmulatorTime(at(0)));
        store.remove_channel(channel.number);
        store.add_short_lived(&channel, "after", hour, at(0));
        store.add_jwt(&channel, "after", "key-id", hour, at(0)).unwrap();
        store.add_long_lived(&channel, "after", hour, at(0)).unwrap();
        store.add_stateless(&channel, at(0));
        for token in ["before", "revoked", "after"] {
            assert_eq!(status(&mut store, token, 0), TokenStatus::Unknown, "{token}");
        }
        assert_eq!((store.tokens.len(), store.channels.len()), (0, 0), "nothing is left behind");
    }
}
