//! The backend's own clients, two for each runtime.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use http::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use line_channel_token_core::TransportError;
use line_channel_token_transport::{Attempt, PerRuntime, Pools, Proxies, ResolvedSettings, TrackedBody, unsendable};
use tokio::runtime::Handle;

use crate::connector::Connector;
use crate::exchange::{Exchange, Handover, Started, is_https};

/// The clients, made when a runtime needs them.
pub(crate) struct OwnClients {
    connector: Connector,
    pool_idle_timeout: Duration,
    proxies: Proxies,
    pools: PerRuntime<OwnPools>,
}

type OwnPools = Arc<Pools<Client<Connector, TrackedBody>>>;

impl OwnClients {
    pub(crate) fn new(settings: ResolvedSettings) -> Self {
        let ResolvedSettings { tls, proxies, connect_timeout, pool_idle_timeout } = settings;
        let proxies = Proxies::new(proxies);
        let connector = Connector::new(tls, proxies.clone(), connect_timeout);
        let pools = PerRuntime::new(pools(&connector, pool_idle_timeout));
        Self { connector, pool_idle_timeout, proxies, pools }
    }

    fn pools(&self) -> OwnPools {
        let make = || Ok::<_, Infallible>(pools(&self.connector, self.pool_idle_timeout));
        self.pools.get(&Handle::current(), make).unwrap_or_else(|never| match never {})
    }
}

fn pools(connector: &Connector, idle_timeout: Duration) -> OwnPools {
    let make = |idle_timeout: Duration| {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(idle_timeout);
        if idle_timeout.is_zero() {
            // Otherwise connections would stay open until the next call.
            builder.pool_max_idle_per_host(0);
        }
        Ok::<_, Infallible>(builder.build(connector.clone()))
    };
    Arc::new(Pools::new(idle_timeout, make).unwrap_or_else(|never| match never {}))
}

impl Exchange for OwnClients {
    fn start(&self, request: Request<Bytes>) -> Result<Started, TransportError> {
        let (mut parts, body) = request.into_parts();
        let encrypted = is_https(&parts.uri);
        if !encrypted && parts.uri.scheme() != Some(&Scheme::HTTP) {
            return Err(unsendable("the request's URL is neither http nor https"));
        }
        // hyper-util sends it to a proxy that opens a tunnel; one that forwards gets it with the request.
        let authorization = self.proxies.intercept(&parts.uri).filter(|_| !encrypted);
        if let Some(value) = authorization.as_ref().and_then(|proxy| proxy.basic_auth()) {
            parts.headers.insert(PROXY_AUTHORIZATION, value.clone());
        }
        let attempt = Attempt { encrypted, proxy: self.proxies.name_for(&parts.uri) };
        let (body, progress) = TrackedBody::new(body);
        let pools = self.pools();
        let client = pools.for_request(&parts.extensions);
        let response = client.request(Request::from_parts(parts, body));
        Ok(Started { response, handover: Handover::Body(progress), attempt })
    }

    fn proxy_for(&self, url: &Uri) -> Option<String> {
        self.proxies.name_for(url)
    }
}
