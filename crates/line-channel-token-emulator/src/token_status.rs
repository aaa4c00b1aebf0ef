//! Which channel a token belongs to, and whether it is valid.

/// A channel's index in the emulator's list of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelIndex(pub(crate) usize);

/// What is known about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// Never issued in this family, or forgotten.
    Unknown,
    Revoked(ChannelIndex),
    Expired(ChannelIndex),
    /// Valid for so many more whole seconds.
    Live(ChannelIndex, u64),
}

impl TokenStatus {
    /// The channel that the token was issued for.
    pub(crate) fn channel(self) -> Option<ChannelIndex> {
        match self {
            Self::Unknown => None,
            Self::Revoked(channel) | Self::Expired(channel) | Self::Live(channel, _) => Some(channel),
        }
    }
}
