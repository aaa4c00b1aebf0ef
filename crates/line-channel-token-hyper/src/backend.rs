//! One exchange over hyper.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Client, ResponseFuture};
use line_channel_token_core::{HttpBackend, Limits, Sent, Sleep, TransportError};
use line_channel_token_transport::{Attempt, Chunks, exchange_error, read_body, timeout_error, unsendable};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::exchange::{Exchange, Handover, Started};
use crate::own_clients::OwnClients;
use crate::transport_error::transport_error;

/// Sends requests with the pooling client of hyper-util. A clone shares its connections.
///
/// It needs a Tokio runtime with I/O and time enabled; without a runtime a call fails, with kind
/// [`Other`](line_channel_token_core::TransportErrorKind::Other).
///
/// It may be used from several runtimes. Each has connections of its own, because one is driven by the runtime that opened it: so
/// neither a runtime that has ended nor one that stands still holds up the calls of another. Programs with a runtime for each
/// thread have that many pools, of 128 runtimes at most: of more that call in turn, each finds its connections gone.
///
/// A client that is given by [`from_client`](Self::from_client) has one pool for all. There a call that is using a connection of a
/// runtime that ends fails with kind [`Interrupted`](line_channel_token_core::TransportErrorKind::Interrupted), and if nobody
/// drives that runtime, with kind [`Timeout`](line_channel_token_core::TransportErrorKind::Timeout).
#[derive(Clone)]
pub struct HyperBackend(Arc<dyn Exchange>);

impl HyperBackend {
    /// A backend over a client of the caller's, of hyper-util 0.1, with its connector, proxies, TLS and pool.
    ///
    /// The deadline and the bound on the body hold as they do for [`new`](Self::new). hyper's client itself follows no
    /// redirect, decodes no body and uses no proxy; keep it so if a connector or a layer below adds to it. Set `TCP_NODELAY`,
    /// and `pool_timer`, without which idle connections are never closed. What is different:
    ///
    /// - `issue` and `issue_jwt` take what its pool holds, even a connection that was idle for long and that the server is just
    ///   closing; then nobody knows whether a token was issued. A `pool_idle_timeout` far below the server's own makes that
    ///   rare, and `pool_max_idle_per_host(0)` rules it out;
    /// - of an error of the connector nothing is passed on but its meaning and the number of the operating system's error;
    /// - a certificate that a TLS library other than rustls refuses comes out as kind
    ///   [`Connect`](line_channel_token_core::TransportErrorKind::Connect).
    #[must_use]
    pub fn from_client<C>(client: Client<C, Full<Bytes>>) -> Self
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        Self(Arc::new(client))
    }

    pub(crate) fn with_own_clients(clients: OwnClients) -> Self {
        Self(Arc::new(clients))
    }
}

#[async_trait]
impl HttpBackend for HyperBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(unsendable("hyper needs a Tokio runtime, and the call runs outside of one"));
        }
        if request.uri().scheme().is_none() || request.uri().authority().is_none() {
            return Err(unsendable("the request's URI is not an absolute URL"));
        }
        let Started { response, handover, attempt } = self.0.start(request)?;
        match timeout(limits.timeout, exchange(response, &handover, &attempt, limits.max_body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timeout_error(limits.timeout, handover.abandon())),
        }
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        // Outside of a runtime Tokio's timer panics, and there a call fails anyway.
        Handle::try_current().ok().map(|_| Box::pin(tokio::time::sleep(duration)) as Sleep)
    }
}

impl fmt::Debug for HyperBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperBackend").finish_non_exhaustive()
    }
}

async fn exchange(
    response: ResponseFuture,
    handover: &Handover,
    attempt: &Attempt,
    max_body: usize,
) -> Result<Response<Bytes>, TransportError> {
    let failed = |error| transport_error(&error, handover.abandon(), attempt);
    let (parts, incoming) = response.await.map_err(failed)?.into_parts();
    Ok(Response::from_parts(parts, read_body(Body { incoming, attempt }, max_body).await?))
}

struct Body<'a> {
    incoming: Incoming,
    attempt: &'a Attempt,
}

impl Chunks for Body<'_> {
    fn announced(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        while let Some(frame) = self.incoming.frame().await {
            let frame = frame.map_err(|error| exchange_error(&error, Sent::Unknown, self.attempt))?;
            if let Ok(chunk) = frame.into_data() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}
