//! What an error of reqwest means for the call.

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use line_channel_token_transport::{chain, kind_of_causes, kind_of_failed_connect};

/// The transport error for an error of reqwest, without its URL.
pub(crate) fn transport_error(error: reqwest::Error, sent: Sent) -> TransportError {
    let error = error.without_url();
    let failure = TransportError::new(kind(&error), sent);
    // A caller's own redirect policy can put an error with a URL below another one, out of reach.
    if chain(&error).filter_map(|cause| cause.downcast_ref::<reqwest::Error>()).any(|cause| cause.url().is_some()) {
        return failure;
    }
    failure.with_source(error)
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    // First, because a caller's own redirect policy can put any error below such a one.
    if error.is_redirect() || error.is_builder() {
        TransportErrorKind::Other
    } else if error.is_connect() {
        kind_of_failed_connect(error)
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        kind_of_causes(error)
    }
}
