//! The agents of ureq.

use std::convert::Infallible;
use std::time::Duration;

use line_channel_token_transport::Pools;
use rustls::ClientConfig;
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};

use crate::connector::{NoResolver, Route};
use crate::deadline::LONGEST;
use crate::proxies::Proxies;

/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The agents for these settings.
pub(crate) fn agents(
    tls: ClientConfig,
    proxies: Proxies,
    connect_timeout: Duration,
    idle_timeout: Duration,
) -> Pools<Agent> {
    let route = Route::new(tls, proxies);
    let make = |idle_timeout: Duration| {
        let config = config(connect_timeout, idle_timeout.min(LONGEST));
        Ok::<_, Infallible>(Agent::with_parts(config, route.clone(), NoResolver))
    };
    Pools::new(idle_timeout, make).unwrap_or_else(|never| match never {})
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
