//! Whose a token is, and what became of it.

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
    /// The families whose tokens are kept; a stateless token says itself what there is to know about it.
    pub(crate) const KEPT: &[Self] = &[Self::ShortLived, Self::Jwt, Self::LongLived];
}

/// A channel's place in the emulator's list of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelIndex(pub(crate) usize);

/// What is known about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Never issued in this family, or forgotten.
    Unknown,
    Revoked(ChannelIndex),
    Expired(ChannelIndex),
    /// Valid for so many more whole seconds.
    Live(ChannelIndex, u64),
}

impl Standing {
    /// The channel that the token was issued for.
    pub(crate) fn channel(self) -> Option<ChannelIndex> {
        match self {
            Self::Unknown => None,
            Self::Revoked(channel) | Self::Expired(channel) | Self::Live(channel, _) => Some(channel),
        }
    }
}
