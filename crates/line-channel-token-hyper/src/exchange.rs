//! The two kinds of client behind one backend, each with its way to tell whether a request went out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::{CaptureConnection, Connect, capture_connection};
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{Attempt, PerRuntime, Pools, Progress, Proxies, TrackedBody, unsendable};
use tokio::runtime::Handle;

use crate::connector::Connector;

/// Starts one request, within a runtime.
pub(crate) trait Exchange: Send + Sync {
    fn start(&self, request: Request<Bytes>) -> Result<Started, TransportError>;
}

/// A request that is under way.
pub(crate) struct Started {
    pub(crate) response: ResponseFuture,
    pub(crate) handover: Handover,
    pub(crate) attempt: Attempt,
}

/// Knows whether a request was handed to a connection.
pub(crate) enum Handover {
    Body(Progress),
    Connection(CaptureConnection),
}

impl Handover {
    /// Whether the server may have got the request, which is given up.
    pub(crate) fn abandon(&self) -> Sent {
        match self {
            Self::Body(progress) => progress.abandon(),
            // It is set by the request's own future, just before that hands the request over.
            Self::Connection(connection) if connection.connection_metadata().is_none() => Sent::NotSent,
            Self::Connection(_) => Sent::Unknown,
        }
    }
}

/// The backend's own clients, of which each runtime has some.
pub(crate) struct Own {
    connector: Connector,
    pool_idle_timeout: Duration,
    proxies: Proxies,
    pools: PerRuntime<OwnPools>,
}

type OwnPools = Arc<Pools<Client<Connector, TrackedBody>>>;

impl Own {
    pub(crate) fn new(connector: Connector, pool_idle_timeout: Duration, proxies: Proxies) -> Self {
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
            // Otherwise they would stay open until the next call.
            builder.pool_max_idle_per_host(0);
        }
        Ok::<_, Infallible>(builder.build(connector.clone()))
    };
    Arc::new(Pools::new(idle_timeout, make).unwrap_or_else(|never| match never {}))
}

impl Exchange for Own {
    fn start(&self, request: Request<Bytes>) -> Result<Started, TransportError> {
        let (mut parts, body) = request.into_parts();
        let encrypted = is_https(&parts.uri);
        if !encrypted && parts.uri.scheme() != Some(&Scheme::HTTP) {
            return Err(unsendable("the request's URL is neither http nor https"));
        }
        // A tunnel gets this by itself, and a proxy that forwards gets it with the request.
        let authorization = self.proxies.intercept(&parts.uri).filter(|_| !encrypted);
        if let Some(value) = authorization.as_ref().and_then(|proxy| proxy.basic_auth()) {
            parts.headers.insert(PROXY_AUTHORIZATION, value.clone());
        }
        let attempt = Attempt { encrypted, proxy: self.proxies.name_for(&parts.uri) };
        let (body, progress) = TrackedBody::new(body);
        let pools = self.pools();
        let client = pools.of(&parts.extensions);
        let response = client.request(Request::from_parts(parts, body));
        Ok(Started { response, handover: Handover::Body(progress), attempt })
    }
}

impl<C> Exchange for Client<C, Full<Bytes>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn start(&self, request: Request<Bytes>) -> Result<Started, TransportError> {
        let attempt = Attempt { encrypted: is_https(request.uri()), proxy: None };
        let mut request = request.map(Full::new);
        let connection = capture_connection(&mut request);
        Ok(Started { response: self.request(request), handover: Handover::Connection(connection), attempt })
    }
}

fn is_https(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}
