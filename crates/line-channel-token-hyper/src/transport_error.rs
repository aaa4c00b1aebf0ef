//! The transport error for an error of hyper.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use hyper_util::client::legacy;
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{Attempt, chain, connect_error, connect_timeout_error, exchange_error};

/// The transport error for a request that got no response.
pub(crate) fn transport_error(error: &legacy::Error, sent: Sent, attempt: &Attempt) -> TransportError {
    if !error.is_connect() {
        return exchange_error(error, sent, attempt);
    }
    match chain(error).find_map(|cause| cause.downcast_ref::<ConnectTimedOut>()) {
        Some(ConnectTimedOut(limit)) => connect_timeout_error(Some(*limit), sent, attempt),
        None => connect_error(error, sent, attempt),
    }
}

/// Connecting took longer than this.
#[derive(Debug)]
pub(crate) struct ConnectTimedOut(pub(crate) Duration);

impl fmt::Display for ConnectTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connecting took longer than allowed")
    }
}

impl StdError for ConnectTimedOut {}
