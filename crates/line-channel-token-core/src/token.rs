//! What the endpoints answer, as values.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::{AccessToken, ChannelId, Error, Moment, RequestId, credential};

/// How long a v2.1 token shall live (the claim `token_exp`): 1 second to 30 days, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenLifetime(u32);

impl TokenLifetime {
    /// The most that LINE's reference allows: 30 days, 2,592,000 seconds.
    pub const MAX: Self = Self(2_592_000);

    /// Takes a lifetime in seconds.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=2,592,000; where the number looks like
    /// milliseconds or a Unix timestamp, the message says so.
    pub fn from_secs(seconds: u64) -> Result<Self, Error> {
        match u32::try_from(seconds) {
            Ok(seconds @ 1..=2_592_000) => Ok(Self(seconds)),
            _ => Err(Error::invalid_input(format!(
                "a v2.1 token lives 1 to 2592000 seconds (LINE's limit is 30 days), not {seconds}{}",
                if seconds >= 1_000_000_000_000 {
                    "; this looks like a Unix timestamp in milliseconds: give the lifetime in seconds"
                } else if seconds >= 1_500_000_000 && !seconds.is_multiple_of(1000) {
                    "; this looks like a Unix timestamp: give the lifetime, not the moment of expiry"
                } else if seconds > 2_592_000 && seconds.is_multiple_of(1000) {
                    "; this looks like milliseconds: give seconds"
                } else {
                    ""
                }
            ))),
        }
    }

    /// Takes a lifetime in days.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=30.
    pub fn from_days(days: u64) -> Result<Self, Error> {
        match days {
            1..=30 => Self::from_secs(days * 86_400),
            _ => Err(Error::invalid_input(format!("a lifetime in days is 1 to 30 (LINE's limit), not {days}"))),
        }
    }

    /// The lifetime in whole seconds.
    #[must_use]
    pub fn as_secs(self) -> u64 {
        u64::from(self.0)
    }

    /// The lifetime.
    #[must_use]
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.as_secs())
    }
}

/// When a request was sent and when its answer was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Just before the request was handed to the backend. The server starts a token's life after this.
    pub sent_at: Moment,
    /// Just after the answer was complete.
    pub received_at: Moment,
}

/// What the three families of issued tokens have in common.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub(crate) access_token: AccessToken,
    pub(crate) expires_in: Duration,
    pub(crate) timing: Timing,
    pub(crate) request_id: Option<RequestId>,
}

impl IssuedToken {
    /// The token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The whole life that the server gave it, in whole seconds, counted from when it made its response; no more than LINE gives
    /// to a token of its family, 15 minutes to a stateless one and 30 days to the others.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// When the request was sent. The token's life began after this.
    #[must_use]
    pub fn sent_at(&self) -> Moment {
        self.timing.sent_at
    }

    /// When the answer was complete. The token's life began before this.
    #[must_use]
    pub fn received_at(&self) -> Moment {
        self.timing.received_at
    }

    /// The life that is surely left at `now`: counted from when the request was sent, by the clock that says less.
    #[must_use]
    pub fn remaining(&self, now: Moment) -> Duration {
        self.expires_in.saturating_sub(now.since(self.timing.sent_at))
    }

    /// LINE's id for the call that issued it.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

/// A short-lived token (v2): 30 days, 30 live ones a channel, and the 31st silently revokes the oldest.
#[derive(Clone, Debug)]
pub struct ShortLivedToken(pub(crate) IssuedToken);

/// A stateless token (v3): 15 minutes, as many as one likes, cannot be verified or revoked.
#[derive(Clone, Debug)]
pub struct StatelessToken(pub(crate) IssuedToken);

/// A v2.1 token, issued for an assertion: up to 30 days, 30 live ones a channel, and the 31st is refused.
#[derive(Clone, Debug)]
pub struct JwtToken {
    pub(crate) issued: IssuedToken,
    pub(crate) key_id: TokenKeyId,
}

impl JwtToken {
    /// The id under which `key_ids` lists this token while it is valid.
    #[must_use]
    pub fn key_id(&self) -> &TokenKeyId {
        &self.key_id
    }
}

macro_rules! is_an_issued_token {
    ($($token:ident => $field:tt),*) => {$(
        impl $token {
            /// The token.
            #[must_use]
            pub fn access_token(&self) -> &AccessToken {
                self.$field.access_token()
            }

            /// The whole life that the server gave it: see [`IssuedToken::expires_in`].
            #[must_use]
            pub fn expires_in(&self) -> Duration {
                self.$field.expires_in()
            }

            /// When the request was sent. The token's life began after this.
            #[must_use]
            pub fn sent_at(&self) -> Moment {
                self.$field.sent_at()
            }

            /// When the response was complete. The token's life began before this.
            #[must_use]
            pub fn received_at(&self) -> Moment {
                self.$field.received_at()
            }

            /// The life that is surely left at `now`: see [`IssuedToken::remaining`].
            #[must_use]
            pub fn remaining(&self, now: Moment) -> Duration {
                self.$field.remaining(now)
            }

            /// LINE's id for the call that issued it.
            #[must_use]
            pub fn request_id(&self) -> Option<&RequestId> {
                self.$field.request_id()
            }
        }

        impl AsRef<IssuedToken> for $token {
            fn as_ref(&self) -> &IssuedToken {
                &self.$field
            }
        }

        impl From<$token> for IssuedToken {
            fn from(token: $token) -> Self {
                token.$field
            }
        }
    )*};
}

is_an_issued_token!(ShortLivedToken => 0, StatelessToken => 0, JwtToken => issued);

/// The key id of an issued v2.1 token. It is not the [`AssertionKid`](crate::AssertionKid).
///
/// A server chooses it, and may echo anything: so `Display` and `Debug` show it only if it has the form of LINE's key ids, up to 64
/// letters, digits, `-` and `_`. [`as_str`](Self::as_str) always shows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenKeyId(Box<str>);

impl TokenKeyId {
    /// Takes a key id. White space and quotes around it are trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty or holds anything but visible ASCII.
    pub fn new(key_id: impl AsRef<str>) -> Result<Self, Error> {
        Self::from_server(credential::bare(key_id.as_ref()))
    }

    /// Takes a key id that a server sent, as it is.
    pub(crate) fn from_server(key_id: &str) -> Result<Self, Error> {
        credential::is_opaque("key id of the token", key_id)?;
        Ok(Self(key_id.into()))
    }

    /// The key id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if self.0.len() <= 64 && self.0.bytes().all(base64url) {
            return f.write_str(&self.0);
        }
        write!(f, "[not shown: {} characters]", self.0.len())
    }
}

impl fmt::Debug for TokenKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKeyId({self})")
    }
}

/// What a token is, as the server sees it.
///
/// `Debug` shows of the scope what has the form of LINE's permissions alone: a server may echo anything there.
#[derive(Clone)]
pub struct VerifiedToken {
    pub(crate) channel_id: ChannelId,
    pub(crate) expires_in: Duration,
    pub(crate) scope: BTreeSet<String>,
    pub(crate) timing: Timing,
    pub(crate) request_id: Option<RequestId>,
}

impl VerifiedToken {
    /// The channel that the token was issued for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// The life that was left when the server answered, in whole seconds. A long-lived token shows a number of
    /// decades here.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The life that is surely left at `now`.
    #[must_use]
    pub fn remaining(&self, now: Moment) -> Duration {
        self.expires_in.saturating_sub(now.since(self.timing.sent_at))
    }

    /// The permissions, `P` and `CM` for example. LINE leaves them out for some tokens; their order means nothing.
    #[must_use]
    pub fn scope(&self) -> &BTreeSet<String> {
        &self.scope
    }

    /// When the answer was complete.
    #[must_use]
    pub fn received_at(&self) -> Moment {
        self.timing.received_at
    }

    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_permission = |name: &&String| name.len() <= 8 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        let scope: Vec<&String> = self.scope.iter().filter(is_permission).collect();
        f.debug_struct("VerifiedToken")
            .field("channel_id", &self.channel_id)
            .field("expires_in", &self.expires_in)
            .field("scope", &scope)
            .field("scope_not_shown", &(self.scope.len() - scope.len()))
            .field("timing", &self.timing)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// The key ids of a channel's valid v2.1 tokens.
#[derive(Clone, Debug)]
pub struct KeyIds {
    pub(crate) kids: Vec<TokenKeyId>,
    pub(crate) request_id: Option<RequestId>,
}

impl KeyIds {
    /// The key ids, as many as there are valid tokens.
    #[must_use]
    pub fn as_slice(&self) -> &[TokenKeyId] {
        &self.kids
    }

    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

/// A token was revoked, or was none to begin with: LINE answers both alike.
#[derive(Clone, Debug)]
pub struct Revoked {
    pub(crate) request_id: Option<RequestId>,
}

impl Revoked {
    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{IssuedToken, Timing, TokenLifetime};
    use crate::{AccessToken, Moment};

    #[test]
    fn the_lifetime_stays_within_lines_thirty_days_and_names_the_likely_mistake() {
        assert_eq!(TokenLifetime::from_secs(1).unwrap().as_secs(), 1);
        assert_eq!(TokenLifetime::from_days(30).unwrap(), TokenLifetime::MAX);
        for (seconds, says) in [
            (0, "not 0"),
            (2_592_001, "not 2592001"),
            (2_592_000_000, "milliseconds: give seconds"),
            (1_795_340_001, "Unix timestamp: give the lifetime"),
            (1_795_340_000_123, "timestamp in milliseconds"),
        ] {
            let error = TokenLifetime::from_secs(seconds).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        for days in [0, 31, u64::MAX] {
            assert!(TokenLifetime::from_days(days).is_err());
        }
    }

    #[test]
    fn life_is_counted_from_when_the_request_was_sent_and_never_overflows() {
        let at =
            |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1000 + seconds) };
        let mut token = IssuedToken {
            access_token: AccessToken::new("t").unwrap(),
            expires_in: Duration::from_secs(900),
            timing: Timing { sent_at: at(10), received_at: at(15) },
            request_id: None,
        };
        assert_eq!(token.remaining(at(15)), Duration::from_secs(895));
        assert_eq!(token.remaining(at(910)), Duration::ZERO);
        assert_eq!(token.remaining(at(9100)), Duration::ZERO);
        token.expires_in = Duration::from_secs(u64::MAX);
        assert!(token.remaining(at(15)) > Duration::from_secs(1 << 60));
    }
}
