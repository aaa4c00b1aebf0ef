//! How a call begins.

use crate::{BaseUrl, ChannelId, Clock, Operation};

/// What is known of a call before anything is sent.
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody reads it then"))]
pub(crate) struct CallStart<'a> {
    pub(crate) operation: Operation,
    /// If the operation takes one: an assertion is not parsed for it.
    pub(crate) channel_id: Option<&'a ChannelId>,
    pub(crate) base_url: &'a BaseUrl,
    pub(crate) clock: &'a dyn Clock,
}
