//! The families of channel access tokens.

use std::fmt;

/// The four families of channel access tokens: three that endpoints issue, and one that only the Console does.
///
/// ```
/// use line_channel_token_core::ChannelId;
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
///
/// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
/// assert_eq!(emulator.live_tokens(&ChannelId::new("1234567890")?, TokenFamily::Stateless), 0);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFamily {
    /// v2, from `POST /v2/oauth/accessToken`.
    ShortLived,
    /// v3, from `POST /oauth2/v3/token`.
    Stateless,
    /// v2.1, from `POST /oauth2/v2.1/token`.
    Jwt,
    /// Without expiry, from the Console: see [`Emulator::register_long_lived_token`](crate::Emulator::register_long_lived_token).
    LongLived,
}

impl TokenFamily {
    /// The families that `/v2/oauth/verify` and `/v2/oauth/revoke` take.
    pub(crate) const V2: &[Self] = &[Self::ShortLived, Self::LongLived];
    /// The family that `/oauth2/v2.1/verify` and `/oauth2/v2.1/revoke` take.
    pub(crate) const V2_1: &[Self] = &[Self::Jwt];
    /// The families whose tokens are stored; a stateless token itself holds what there is to know about it.
    pub(crate) const STORED: &[Self] = &[Self::ShortLived, Self::Jwt, Self::LongLived];

    /// The name in snake case, for logs and metrics; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::TokenFamily;
    ///
    /// assert_eq!(TokenFamily::ShortLived.as_str(), "short_lived");
    /// assert_eq!(TokenFamily::Jwt.to_string(), "jwt");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShortLived => "short_lived",
            Self::Stateless => "stateless",
            Self::Jwt => "jwt",
            Self::LongLived => "long_lived",
        }
    }
}

impl fmt::Display for TokenFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
