//! Whose a token is, and what became of it.

/// The three families of tokens that the endpoints issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFamily {
    /// v2, from `POST /v2/oauth/accessToken`.
    ShortLived,
    /// v3, from `POST /oauth2/v3/token`.
    Stateless,
    /// v2.1, from `POST /oauth2/v2.1/token`.
    Jwt,
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
