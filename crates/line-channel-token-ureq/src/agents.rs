//! The agents of ureq, and which of them a request uses.

use std::time::Duration;

use http::Extensions;
use line_channel_token_core::Operation;
use rustls::ClientConfig;
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};

use crate::connector::{NoResolver, Route};
use crate::deadline::LONGEST;
use crate::proxies::Proxies;

/// How long a connection may have been idle for an operation that must not be sent twice.
const RECENT: Duration = Duration::from_secs(1);
/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Two agents with a pool each, so that what must not be sent twice takes no connection that has been idle for long: a server
/// that is just closing such a one loses the request, and nobody knows then whether it took effect.
#[derive(Debug)]
pub(crate) struct Agents {
    kept: Agent,
    recent: Agent,
}

impl Agents {
    pub(crate) fn new(tls: ClientConfig, proxies: Proxies, connect_timeout: Duration, idle_timeout: Duration) -> Self {
        let route = Route::new(tls, proxies);
        let make = |idle_timeout: Duration| {
            Agent::with_parts(config(connect_timeout, idle_timeout.min(LONGEST)), route.clone(), NoResolver)
        };
        Self { kept: make(idle_timeout), recent: make(idle_timeout.min(RECENT)) }
    }

    /// The agent for a request with these extensions.
    pub(crate) fn for_request(&self, extensions: &Extensions) -> &Agent {
        match extensions.get::<Operation>() {
            Some(operation) if operation.is_idempotent() => &self.kept,
            // A layer above may have rebuilt the request without its extensions.
            _ => &self.recent,
        }
    }
}

/// Nothing that ureq would do beyond one exchange: no redirect, no header of its own, no error for a status, no proxy.
fn config(connect_timeout: Duration, idle_timeout: Duration) -> Config {
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(MAX_HEAD)
        .timeout_connect(Some(connect_timeout.min(LONGEST)))
        .max_idle_connections_per_host(10)
        .max_idle_age(idle_timeout);
    // Otherwise connections would stay open until the next call.
    if idle_timeout.is_zero() { config.max_idle_connections(0).build() } else { config.build() }
}
