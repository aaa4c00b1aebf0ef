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
