//! The cases, by what they check. Each is a scripted server on a loopback port and one or more calls to it.

pub mod connection_errors;
pub mod connections;
pub mod deadlines;
pub mod error_messages;
pub mod idle;
pub mod responses;
pub mod retry_delays;
pub mod runtimes;
pub mod settings;
pub mod sizes;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod with_tls {
    pub mod certificates;
    pub mod environment;
    pub mod proxies;
    pub mod tls_config;
    pub mod tls_deadlines;
    pub mod tls_error_messages;
    pub mod tls_exchanges;
}
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub use with_tls::*;

use std::sync::Arc;

use line_channel_token_core::{HttpBackend, Sent, TransportError, TransportErrorKind};

/// Makes the backend under test. The text is the PEM of the CA that signs the certificates of the suite's servers.
pub type Make = fn(ca_pem: &str) -> Arc<dyn HttpBackend>;

/// What `Display` of an error with this cause says.
pub(crate) fn message(kind: TransportErrorKind, sent: Sent, cause: &str) -> String {
    TransportError::new(kind, sent).with_detail(cause.to_owned()).to_string()
}
