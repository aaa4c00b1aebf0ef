//! The two kinds of client behind one backend, each with its way to tell whether a request went out.

use bytes::Bytes;
use http::Request;
use http::uri::Scheme;
use http_body_util::Full;
use hyper_util::client::legacy::connect::{CaptureConnection, Connect, capture_connection};
use hyper_util::client::legacy::{Client, ResponseFuture};
use line_channel_token_core::{Sent, TransportError};
use line_channel_token_transport::{Pools, Progress, TrackedBody, unsendable};

use crate::connector::Connector;

/// Starts one request.
pub(crate) trait Exchange: Send + Sync {
    fn start(&self, request: Request<Bytes>) -> Result<(ResponseFuture, Handover), TransportError>;
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

impl Exchange for Pools<Client<Connector, TrackedBody>> {
    fn start(&self, request: Request<Bytes>) -> Result<(ResponseFuture, Handover), TransportError> {
        if request.uri().scheme().is_none_or(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
            return Err(unsendable("the request's URL is neither http nor https"));
        }
        let (parts, body) = request.into_parts();
        let (body, progress) = TrackedBody::new(body);
        let client = self.of(&parts.extensions);
        Ok((client.request(Request::from_parts(parts, body)), Handover::Body(progress)))
    }
}

impl<C> Exchange for Client<C, Full<Bytes>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn start(&self, request: Request<Bytes>) -> Result<(ResponseFuture, Handover), TransportError> {
        let mut request = request.map(Full::new);
        let connection = capture_connection(&mut request);
        Ok((self.request(request), Handover::Connection(connection)))
    }
}
