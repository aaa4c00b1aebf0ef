//! One exchange over a client of hyper-util, and whether its request was sent.

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::{CaptureConnection, Connect, capture_connection};
use hyper_util::client::legacy::{Client, ResponseFuture};
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{Attempt, Progress};

/// Starts one request, within a runtime.
pub(crate) trait Exchange: Send + Sync {
    fn start(&self, request: Request<Bytes>) -> Result<Started, TransportError>;

    /// The proxy that a request to this URL goes through, as `scheme://host:port`.
    fn proxy_for(&self, url: &Uri) -> Option<String>;
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
    /// Abandons the request, and says whether the server may have got it.
    pub(crate) fn abandon(&self) -> Sent {
        match self {
            Self::Body(progress) => progress.abandon(),
            // The request's own future sets it just before it hands the request over.
            Self::Connection(connection) if connection.connection_metadata().is_none() => Sent::NotSent,
            Self::Connection(_) => Sent::Unknown,
        }
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

    /// Only the caller's connector knows.
    fn proxy_for(&self, _: &Uri) -> Option<String> {
        None
    }
}

pub(crate) fn is_https(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}
