//! What the spans of calls and of exchanges have in common.

use http::uri::Scheme;

pub(crate) const TARGET: &str = "line_channel_token_core";

/// A host as OpenTelemetry wants it: the address alone, without the brackets of a URL.
pub(crate) fn host_of(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

pub(crate) fn default_port(scheme: &Scheme) -> Option<u16> {
    if *scheme == Scheme::HTTPS {
        Some(443)
    } else if *scheme == Scheme::HTTP {
        Some(80)
    } else {
        None
    }
}

/// What a span says whose future was dropped before its end.
pub(crate) fn outcome_of_dropped() -> &'static str {
    if std::thread::panicking() { "panicked" } else { "cancelled" }
}
