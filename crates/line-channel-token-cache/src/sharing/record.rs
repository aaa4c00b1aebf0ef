//! What a store holds of a channel's tokens; all times are the store's.

use std::time::Duration;

use line_channel_token_core::{AccessToken, TokenKeyId};
use zeroize::Zeroizing;

/// What is known of a channel's tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// The newest token.
    pub(crate) token: Option<SharedToken>,
    /// Who is about to issue the next.
    pub(crate) lease: Option<Lease>,
    /// Every token that is alive, or may be, with those whose holder was never heard of again.
    pub(crate) slots: Vec<Slot>,
    /// How many tokens in a row were refused soon after they had been issued.
    pub(crate) refused_in_a_row: u32,
    /// When the last one was.
    pub(crate) refused_at: Option<Duration>,
}

/// A token that all processes use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SharedToken {
    pub(crate) access_token: SecretText,
    pub(crate) key_id: Option<TokenKeyId>,
    pub(crate) issued_at: Duration,
    pub(crate) expires_at: Duration,
    /// A server refused it, so it is not handed out any more.
    pub(crate) refused: bool,
}

/// Text of a token: wiped when it is dropped, and shown by nobody.
#[derive(Clone, PartialEq)]
pub(crate) struct SecretText(pub(super) Zeroizing<String>);

/// The right to issue the next token, until then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lease {
    pub(crate) nonce: Box<str>,
    pub(crate) expires_at: Duration,
}

/// One of the channel's 30 slots that is used, or may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// The lease that it was issued under.
    pub(crate) nonce: Box<str>,
    pub(crate) since: Duration,
    pub(crate) until: Duration,
    pub(crate) key_id: Option<TokenKeyId>,
    /// Whether the token exists for sure.
    pub(crate) certain: bool,
}

impl SecretText {
    pub(crate) fn of(token: &AccessToken) -> Self {
        Self(Zeroizing::new(token.expose_secret().to_owned()))
    }

    pub(crate) fn is(&self, token: &AccessToken) -> bool {
        *self.0 == *token.expose_secret()
    }

    pub(crate) fn access_token(&self) -> Option<AccessToken> {
        AccessToken::new(self.0.as_str()).ok()
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl SharedToken {
    /// How much longer it lives. A token whose times make no sense, because the store's clock was set back, has no more than its lifetime.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.expires_at.saturating_sub(now).min(self.lifetime())
    }

    pub(crate) fn lifetime(&self) -> Duration {
        self.expires_at.saturating_sub(self.issued_at)
    }

    pub(crate) fn is_usable(&self, now: Duration) -> bool {
        !self.refused && !self.left(now).is_zero()
    }
}

impl Record {
    /// How long the value is worth keeping.
    pub(crate) fn keep_for(&self, now: Duration) -> Duration {
        let token = self.token.as_ref().map(|token| token.expires_at);
        let lease = self.lease.as_ref().map(|lease| lease.expires_at);
        let last = self.slots.iter().map(|slot| slot.until).chain(token).chain(lease).max();
        last.unwrap_or_default().saturating_sub(now).max(Duration::from_secs(60))
    }

    /// Forgets what is over.
    pub(crate) fn prune(&mut self, now: Duration) {
        self.slots.retain(|slot| slot.until > now);
        self.token = self.token.take().filter(|token| !token.left(now).is_zero());
    }
}
