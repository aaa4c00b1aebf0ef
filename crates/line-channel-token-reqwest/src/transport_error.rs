//! The transport error for an error of reqwest.

use std::io;
use std::time::Duration;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use line_channel_token_transport::{Attempt, chain, connect_error, connect_timeout_error, exchange_error};

/// The transport error for an error of reqwest. `connect_timeout` is the client's, if it is known.
pub(crate) fn transport_error(
    error: &reqwest::Error,
    sent: Sent,
    attempt: &Attempt,
    connect_timeout: Option<Duration>,
) -> TransportError {
    // First, because the caller's own redirect policy can have any error as its source.
    if error.is_redirect() {
        return TransportError::new(TransportErrorKind::Other, sent)
            .with_detail("the client's redirect policy failed the call: build it with redirect(Policy::none())");
    }
    if error.is_builder() {
        return TransportError::new(TransportErrorKind::Other, sent).with_detail("the client refuses the request");
    }
    match (error.is_connect(), error.is_timeout() && !is_system_timeout(error)) {
        (true, true) => connect_timeout_error(connect_timeout, sent, attempt),
        (true, false) => connect_error(error, sent, attempt),
        (false, _) if error.is_timeout() => {
            TransportError::new(TransportErrorKind::Timeout, sent).with_detail("the client's own timeout passed")
        }
        (false, _) => exchange_error(error, sent, attempt),
    }
}

/// Whether the timeout is that of the operating system, and not of reqwest.
fn is_system_timeout(error: &reqwest::Error) -> bool {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| error.raw_os_error().is_some())
}
