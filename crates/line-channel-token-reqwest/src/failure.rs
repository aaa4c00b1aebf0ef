//! What an error of reqwest means for the call.

use std::io;
use std::time::Duration;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use line_channel_token_transport::{Attempt, chain, connect_timed_out, failed_connect, failed_exchange};

/// The transport error for an error of reqwest. `connect_timeout` is the client's, if it is known.
pub(crate) fn transport_error(
    error: &reqwest::Error,
    sent: Sent,
    attempt: &Attempt,
    connect_timeout: Option<Duration>,
) -> TransportError {
    // First, because a caller's own redirect policy can put any error below such a one.
    if error.is_redirect() {
        return TransportError::new(TransportErrorKind::Other, sent)
            .with_detail("the client's redirect policy failed the call: build it with redirect(Policy::none())");
    }
    if error.is_builder() {
        return TransportError::new(TransportErrorKind::Other, sent).with_detail("the client refuses the request");
    }
    match (error.is_connect(), error.is_timeout() && !is_of_system(error)) {
        (true, true) => connect_timed_out(connect_timeout, sent, attempt),
        (true, false) => failed_connect(error, sent, attempt),
        (false, _) if error.is_timeout() => {
            TransportError::new(TransportErrorKind::Timeout, sent).with_detail("the client's own timeout passed")
        }
        (false, _) => failed_exchange(error, sent, attempt),
    }
}

/// Whether the operating system gave up waiting, and not reqwest.
fn is_of_system(error: &reqwest::Error) -> bool {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| error.raw_os_error().is_some())
}
