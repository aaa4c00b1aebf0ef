//! The two kinds of client behind one backend, each with its way to tell whether a request went out.

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::{CaptureConnection, Connect, capture_connection};
use hyper_util::client::legacy::{Client, ResponseFuture};
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{Attempt, Pools, Progress, Proxies, TrackedBody, unsendable};

use crate::connector::Connector;

/// Starts one request.
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
            Self::Connection(connection) if connection.connection_metadata().is_none() => Sent::No,
            Self::Connection(_) => Sent::Maybe,
        }
    }
}

/// The backend's own clients.
pub(crate) struct Own {
    pub(crate) pools: Pools<Client<Connector, TrackedBody>>,
    pub(crate) proxies: Proxies,
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
        let client = self.pools.of(&parts.extensions);
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
