//! Which channel a token belongs to, and whether it is valid.

use std::sync::Arc;

use crate::live_channel::Channel;

/// What is known about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// Never issued in this family, or forgotten.
    Unknown,
    Revoked(Arc<Channel>),
    Expired(Arc<Channel>),
    /// Valid for so many more whole seconds.
    Live(Arc<Channel>, u64),
}

impl TokenStatus {
    /// The channel that the token was issued for.
    pub(crate) fn channel(&self) -> Option<&Arc<Channel>> {
        match self {
            Self::Unknown => None,
            Self::Revoked(channel) | Self::Expired(channel) | Self::Live(channel, _) => Some(channel),
        }
    }
}
