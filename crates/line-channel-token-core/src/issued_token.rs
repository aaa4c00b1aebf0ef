//! The tokens of the three families, as LINE issues them.

use std::time::Duration;

use crate::{AccessToken, Moment, RequestId, TokenKeyId};

/// When a request was sent and when its response was complete.
///
/// ```
/// use line_channel_token_core::{Clock, SystemClock, Timing};
///
/// let sent_at = SystemClock.now();
/// // ... send the request, wait for the response ...
/// let timing = Timing { sent_at, received_at: SystemClock.now() };
/// assert!(timing.received_at.monotonic >= timing.sent_at.monotonic);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Just before the request was handed to the backend. The server starts a token's lifetime after this.
    pub sent_at: Moment,
    /// Just after the response was complete.
    pub received_at: Moment,
}

/// What the three families of issued tokens have in common.
///
/// ```
/// use line_channel_token_core::IssuedToken;
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
///
/// let response = http::Response::new(r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":900}"#.into());
/// let token: IssuedToken = response::issue_stateless(&response, timing)?.into();
/// assert_eq!(token.expires_in().as_secs(), 900);
/// assert_eq!(token.remaining(at(40)).as_secs(), 870, "counted from when the request was sent");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
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

    /// The whole lifetime that the server gave it, in whole seconds, counted from when it made its response; no more than LINE gives
    /// to a token of its family, 15 minutes to a stateless one and 30 days to the others.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// When the request was sent. The token's lifetime began after this.
    #[must_use]
    pub fn sent_at(&self) -> Moment {
        self.timing.sent_at
    }

    /// When the response was complete. The token's lifetime began before this.
    #[must_use]
    pub fn received_at(&self) -> Moment {
        self.timing.received_at
    }

    /// The lifetime that is surely left at `now`: counted from when the request was sent, by the clock that says less.
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
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let response = http::Response::new(r#"{"access_token":"a+b/c=","token_type":"Bearer","expires_in":2592000}"#.into());
/// let token = response::issue(&response, timing)?;
/// assert_eq!(token.access_token().header_value(), "Bearer a+b/c=");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShortLivedToken(pub(crate) IssuedToken);

/// A stateless token (v3): 15 minutes, as many as one likes, cannot be verified or revoked.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let response = http::Response::new(r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":900}"#.into());
/// let token = response::issue_stateless(&response, timing)?;
/// assert!(token.remaining(at(911)).is_zero());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StatelessToken(pub(crate) IssuedToken);

/// A v2.1 token, issued for an assertion: up to 30 days, 30 live ones a channel, and the 31st is refused.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let body = r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":86400,"key_id":"sDTOzw5wIfxxxxPEzcmeQA"}"#;
/// let token = response::issue_jwt(&http::Response::new(body.into()), timing)?;
/// assert_eq!(token.key_id().as_str(), "sDTOzw5wIfxxxxPEzcmeQA");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
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

            /// The whole lifetime that the server gave it: see [`IssuedToken::expires_in`].
            #[must_use]
            pub fn expires_in(&self) -> Duration {
                self.$field.expires_in()
            }

            /// When the request was sent. The token's lifetime began after this.
            #[must_use]
            pub fn sent_at(&self) -> Moment {
                self.$field.sent_at()
            }

            /// When the response was complete. The token's lifetime began before this.
            #[must_use]
            pub fn received_at(&self) -> Moment {
                self.$field.received_at()
            }

            /// The lifetime that is surely left at `now`: see [`IssuedToken::remaining`].
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{IssuedToken, Timing};
    use crate::{AccessToken, Moment};

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
