//! What an error of hyper means for the call.

use hyper_util::client::legacy;
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{kind_of_causes, kind_of_failed_connect};

/// The transport error for a request that got no answer.
pub(crate) fn of_request(error: legacy::Error, sent: Sent) -> TransportError {
    let kind = if error.is_connect() { kind_of_failed_connect(&error) } else { kind_of_causes(&error) };
    TransportError::new(kind, sent).with_source(error)
}

/// The transport error for an answer whose body broke off.
pub(crate) fn of_body(error: hyper::Error) -> TransportError {
    TransportError::new(kind_of_causes(&error), Sent::Maybe).with_source(error)
}
