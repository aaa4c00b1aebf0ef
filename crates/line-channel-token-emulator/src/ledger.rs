//! Which tokens exist, and what became of them.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use line_channel_token_core::Moment;

use crate::books::{Books, REMEMBERED};
use crate::issued::{Digest, End, Issued};
use crate::standing::{ChannelIndex, Standing, TokenFamily};
use crate::stateless_token::StatelessToken;

/// How many v2.1 tokens a channel may have.
const JWT_CAP: usize = 30;

/// The 31st v2.1 token was asked for.
#[derive(Debug)]
pub(crate) struct Full;

/// A long-lived token was to be registered whose text is that of a token that was here before.
#[derive(Debug)]
pub(crate) struct AlreadyKnown;

/// Every token of every channel, apart from stateless ones.
pub(crate) struct Ledger {
    tokens: HashMap<Digest, Issued>,
    books: Vec<Books>,
    short_lived_cap: usize,
}

impl Ledger {
    pub(crate) fn new(channels: usize, short_lived_cap: usize) -> Self {
        Self { tokens: HashMap::new(), books: (0..channels).map(|_| Books::default()).collect(), short_lived_cap }
    }

    /// Records a v2 token; the oldest is revoked if there is no room.
    pub(crate) fn add_short_lived(&mut self, channel: ChannelIndex, token: &str, lifetime: Duration, now: Moment) {
        self.settle(channel, now);
        while self.books[channel.0].short_lived.len() >= self.short_lived_cap {
            let Some(oldest) = self.books[channel.0].short_lived.pop_front() else { break };
            self.end(channel, oldest, End::Revoked);
        }
        let digest = self.insert(TokenFamily::ShortLived, channel, token, Some(lifetime), "", now);
        self.books[channel.0].short_lived.push_back(digest);
    }

    /// Records a v2.1 token, unless the channel has 30 valid ones.
    pub(crate) fn add_jwt(
        &mut self,
        channel: ChannelIndex,
        token: &str,
        key_id: &str,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), Full> {
        self.settle(channel, now);
        if self.books[channel.0].jwt.len() >= JWT_CAP {
            return Err(Full);
        }
        let digest = self.insert(TokenFamily::Jwt, channel, token, Some(lifetime), key_id, now);
        self.books[channel.0].jwt.push_back(digest);
        Ok(())
    }

    /// Records a long-lived token in place of the one before, which ends at once or after `keep_previous_for`.
    pub(crate) fn add_long_lived(
        &mut self,
        channel: ChannelIndex,
        token: &str,
        keep_previous_for: Duration,
        now: Moment,
    ) -> Result<(), AlreadyKnown> {
        self.settle(channel, now);
        if self.tokens.contains_key(&Digest::of(token)) {
            return Err(AlreadyKnown);
        }
        let mut previous = std::mem::take(&mut self.books[channel.0].long_lived);
        if !keep_previous_for.is_zero()
            && let Some(last) = previous.pop_back()
        {
            // One that was replaced before keeps its end.
            if let Some(issued) = self.tokens.get_mut(&last).filter(|issued| issued.lifetime.is_none()) {
                issued.since = now;
                issued.lifetime = Some(keep_previous_for);
            }
            self.books[channel.0].long_lived.push_back(last);
        }
        for digest in previous {
            self.end(channel, digest, End::Revoked);
        }
        let digest = self.insert(TokenFamily::LongLived, channel, token, None, "", now);
        self.books[channel.0].long_lived.push_back(digest);
        Ok(())
    }

    pub(crate) fn add_stateless(&mut self, channel: ChannelIndex, now: Moment) {
        self.books[channel.0].stateless.add(now);
    }

    /// What is known about a stateless token, which was found to be this emulator's own.
    pub(crate) fn stateless_standing(&mut self, text: &str, token: StatelessToken, now: Moment) -> Standing {
        let books = self.books.get_mut(token.channel.0);
        books.map_or(Standing::Unknown, |books| books.stateless_standing(Digest::of(text), token, now))
    }

    /// What is known about a token of some families. If its time is over, that is recorded before it is told.
    pub(crate) fn standing(&mut self, families: &[TokenFamily], token: &str, now: Moment) -> Standing {
        let digest = Digest::of(token);
        let issued = self.tokens.get(&digest).filter(|issued| families.contains(&issued.family));
        let Some(channel) = issued.map(|issued| issued.channel) else {
            return Standing::Unknown;
        };
        self.settle(channel, now);
        self.tokens.get(&digest).map_or(Standing::Unknown, |issued| issued.standing(now))
    }

    /// Revokes a token that is live; every other text is left as it is.
    pub(crate) fn revoke(&mut self, families: &[TokenFamily], token: &str, now: Moment) {
        let Standing::Live(channel, _) = self.standing(families, token, now) else { return };
        let digest = Digest::of(token);
        let books = &mut self.books[channel.0];
        for list in books.kept() {
            list.retain(|other| *other != digest);
        }
        self.end(channel, digest, End::Revoked);
    }

    /// Revokes what a channel has, apart from stateless tokens, and says how many that were.
    pub(crate) fn revoke_all(&mut self, channel: ChannelIndex, now: Moment) -> usize {
        self.settle(channel, now);
        let live: Vec<Digest> = self.books[channel.0].kept().into_iter().flat_map(std::mem::take).collect();
        for digest in &live {
            self.end(channel, *digest, End::Revoked);
        }
        live.len()
    }

    /// The key ids of a channel's valid v2.1 tokens, oldest first.
    pub(crate) fn key_ids(&mut self, channel: ChannelIndex, now: Moment) -> Vec<String> {
        self.settle(channel, now);
        let jwt = &self.books[channel.0].jwt;
        jwt.iter().filter_map(|digest| self.tokens.get(digest)).map(|token| token.key_id.to_string()).collect()
    }

    pub(crate) fn live(&mut self, family: TokenFamily, channel: ChannelIndex, now: Moment) -> usize {
        self.settle(channel, now);
        self.books[channel.0].live(family, now)
    }

    fn insert(
        &mut self,
        family: TokenFamily,
        channel: ChannelIndex,
        token: &str,
        lifetime: Option<Duration>,
        key_id: &str,
        now: Moment,
    ) -> Digest {
        let digest = Digest::of(token);
        let issued = Issued { family, channel, since: now, lifetime, key_id: key_id.into(), end: None };
        self.tokens.insert(digest, issued);
        digest
    }

    /// Ends the expired tokens for good, so that they count no more whatever the clock says next.
    fn settle(&mut self, channel: ChannelIndex, now: Moment) {
        let tokens = &self.tokens;
        let mut expired = Vec::new();
        let books = &mut self.books[channel.0];
        for list in books.kept() {
            list.retain(|digest| {
                let live = tokens.get(digest).is_some_and(|issued| !issued.is_over(now));
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

    fn end(&mut self, channel: ChannelIndex, digest: Digest, end: End) {
        match self.tokens.get_mut(&digest) {
            Some(issued) if issued.end.is_none() => issued.end = Some(end),
            _ => return,
        }
        let ended = &mut self.books[channel.0].ended;
        ended.push_back(digest);
        if ended.len() > REMEMBERED
            && let Some(forgotten) = ended.pop_front()
        {
            self.tokens.remove(&forgotten);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{Ledger, REMEMBERED};
    use crate::standing::{ChannelIndex, Standing, TokenFamily};

    fn at(seconds: u64) -> Moment {
        let time = Duration::from_secs(seconds);
        Moment { monotonic: time, unix: time }
    }

    #[test]
    fn memory_of_ended_tokens_is_bounded() {
        let mut ledger = Ledger::new(1, 1);
        let channel = ChannelIndex(0);
        for number in 0..REMEMBERED + 2 {
            ledger.add_short_lived(channel, &number.to_string(), Duration::from_secs(60), at(0));
        }
        let mut standing = |token: &str| ledger.standing(TokenFamily::V2, token, at(0));
        assert_eq!(standing("0"), Standing::Unknown);
        assert_eq!(standing("1"), Standing::Revoked(channel));
        assert_eq!(standing(&(REMEMBERED + 1).to_string()), Standing::Live(channel, 60));
        assert_eq!(ledger.tokens.len(), REMEMBERED + 1);
    }

    #[test]
    fn an_ended_token_is_remembered_once_and_stays_as_it_ended() {
        let mut ledger = Ledger::new(1, 2);
        let channel = ChannelIndex(0);
        let life = Duration::from_secs(60);
        let v2 = TokenFamily::V2;
        ledger.add_short_lived(channel, "expires", life, at(0));
        assert_eq!(ledger.standing(v2, "expires", at(60)), Standing::Expired(channel), "asked, and so recorded");
        ledger.add_short_lived(channel, "revoked", life, at(0));
        ledger.revoke(v2, "revoked", at(0));
        for second in [0, 100, 0] {
            for token in ["expires", "revoked"] {
                ledger.revoke(v2, token, at(second));
            }
            ledger.revoke_all(channel, at(second));
            assert_eq!(ledger.standing(v2, "expires", at(second)), Standing::Expired(channel));
            assert_eq!(ledger.standing(v2, "revoked", at(second)), Standing::Revoked(channel));
            assert_eq!(
                (ledger.books[0].ended.len(), ledger.live(TokenFamily::ShortLived, channel, at(second))),
                (2, 0)
            );
        }
    }

    #[test]
    fn stateless_tokens_leave_the_count_after_their_quarter_of_an_hour() {
        let mut ledger = Ledger::new(1, 1);
        for second in [0, 0, 10] {
            ledger.add_stateless(ChannelIndex(0), at(second));
        }
        for (second, live) in [(10, 3), (899, 3), (900, 1), (910, 0)] {
            assert_eq!(ledger.live(TokenFamily::Stateless, ChannelIndex(0), at(second)), live, "{second}");
        }
    }
}
