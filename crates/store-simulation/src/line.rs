//! LINE, as far as tokens go: slots, lifetimes, revocation, and calls with tokens.

use std::time::Duration;

use line_channel_token_cache::TokenFamily;

use crate::executor::Process;

/// How many tokens of a channel may live at a time.
pub(crate) const SLOTS: usize = 30;

/// Why there is a token that was issued without the store. It explains that one for all of its life, also if it is shared later.
pub(crate) const WITHOUT_STORE: &str = "it was issued without the store";

/// A token that LINE has issued.
#[derive(Clone, Debug)]
pub(crate) struct LineToken {
    pub(crate) expires_at: Duration,
    pub(crate) is_revoked: bool,
    /// Whether something happened that explains it beside the two that a fleet needs.
    pub(crate) excuse: Option<&'static str>,
    /// Whether it was in the store.
    pub(crate) was_stored: bool,
    pub(crate) issued_to: Process,
}

/// LINE's side of one channel.
#[derive(Debug)]
pub(crate) struct Line {
    family: TokenFamily,
    lifetime: Duration,
    /// By serial.
    tokens: Vec<LineToken>,
    /// It does not respond at once, or never.
    pub(crate) is_down: bool,
    pub(crate) hangs: bool,
    /// It refuses calls with any token, which are good all the same.
    pub(crate) refuses_everything: bool,
}

impl Line {
    pub(crate) fn new(family: TokenFamily, lifetime: Duration) -> Self {
        Self { family, lifetime, tokens: Vec::new(), is_down: false, hangs: false, refuses_everything: false }
    }

    pub(crate) fn family(&self) -> TokenFamily {
        self.family
    }

    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Issues a token, or says that there are 30.
    pub(crate) fn issue(&mut self, process: Process, now: Duration) -> Option<u64> {
        if self.family != TokenFamily::Stateless && self.live(now).count() >= SLOTS {
            if self.family == TokenFamily::Jwt {
                return None;
            }
            let oldest = self.live(now).next();
            if let Some(oldest) = oldest.and_then(|serial| self.token_mut(serial)) {
                oldest.is_revoked = true;
            }
        }
        self.tokens.push(LineToken {
            expires_at: now.saturating_add(self.lifetime),
            is_revoked: false,
            excuse: None,
            was_stored: false,
            issued_to: process,
        });
        u64::try_from(self.tokens.len() - 1).ok()
    }

    pub(crate) fn revoke(&mut self, serial: u64) {
        if let Some(token) = self.token_mut(serial) {
            token.is_revoked = true;
        }
    }

    /// Whether a call with this token succeeds.
    pub(crate) fn accepts(&self, serial: u64, now: Duration) -> bool {
        !self.refuses_everything && self.is_live(serial, now)
    }

    pub(crate) fn is_live(&self, serial: u64, now: Duration) -> bool {
        self.token(serial).is_some_and(|token| !token.is_revoked && token.expires_at > now)
    }

    /// The serials of all live tokens, the oldest first.
    pub(crate) fn live(&self, now: Duration) -> impl Iterator<Item = u64> + '_ {
        let first = self.tokens.partition_point(|token| token.expires_at <= now);
        let living = self.tokens.iter().enumerate().skip(first).filter(|(_, token)| !token.is_revoked);
        living.filter_map(|(serial, _)| u64::try_from(serial).ok())
    }

    pub(crate) fn token(&self, serial: u64) -> Option<&LineToken> {
        self.tokens.get(usize::try_from(serial).ok()?)
    }

    pub(crate) fn token_mut(&mut self, serial: u64) -> Option<&mut LineToken> {
        self.tokens.get_mut(usize::try_from(serial).ok()?)
    }

    pub(crate) fn all(&self) -> &[LineToken] {
        &self.tokens
    }

    /// A token was stored, so it is one of the two.
    pub(crate) fn stored(&mut self, serial: u64) {
        if let Some(token) = self.token_mut(serial)
            && !std::mem::replace(&mut token.was_stored, true)
        {
            token.excuse = token.excuse.filter(|why| *why == WITHOUT_STORE);
        }
    }

    pub(crate) fn excuse(&mut self, serial: u64, why: &'static str) {
        if let Some(token) = self.token_mut(serial) {
            token.excuse.get_or_insert(why);
        }
    }

    /// Excuses what was issued to a process and has not been in the store.
    pub(crate) fn excuse_unstored(&mut self, process: Process, why: &'static str, now: Duration) {
        let first = self.tokens.partition_point(|token| token.expires_at <= now);
        for token in self.tokens.iter_mut().skip(first) {
            if token.issued_to == process && !token.was_stored {
                token.excuse.get_or_insert(why);
            }
        }
    }
}

const PREFIX: &str = "eyJ-simulated-";

/// The text of a token.
pub(crate) fn text_of(serial: u64) -> String {
    format!("{PREFIX}{serial}")
}

/// The serial in the text of a token.
pub(crate) fn serial_of(text: &str) -> Option<u64> {
    text.strip_prefix(PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_cache::TokenFamily;

    use super::{Line, SLOTS, serial_of, text_of};

    const NOW: Duration = Duration::from_secs(1);

    #[test]
    fn the_31st_is_refused_or_kills_the_oldest() {
        for (family, issued, first_lives) in
            [(TokenFamily::Jwt, SLOTS, true), (TokenFamily::ShortLived, 31, false), (TokenFamily::Stateless, 31, true)]
        {
            let mut line = Line::new(family, Duration::from_secs(60));
            let serials: Vec<_> = (0..31).filter_map(|_| line.issue(1, NOW)).collect();
            assert_eq!((serials.len(), line.is_live(0, NOW)), (issued, first_lives), "{family}");
            assert_eq!(line.live(NOW * 61).count(), 0);
            assert!(line.issue(1, NOW * 61).is_some());
        }
    }

    #[test]
    fn a_token_is_told_by_its_text() {
        assert_eq!(serial_of(&text_of(17)), Some(17));
        assert_eq!(serial_of("another"), None);
    }
}
