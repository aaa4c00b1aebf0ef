//! What a fault is matched with.

use line_channel_token_core::{ChannelId, Operation};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestSubject {
    pub(crate) is_messaging: bool,
    /// If path and method are those of one.
    pub(crate) operation: Option<Operation>,
    /// If the request names a channel that the emulator has.
    pub(crate) channel_id: Option<ChannelId>,
}
