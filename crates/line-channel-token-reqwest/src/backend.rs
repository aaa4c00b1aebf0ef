//! The backend over reqwest.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{HttpBackend, Limits, Sleep, TransportError};
use line_channel_token_transport::{timeout_error, unsendable};
use reqwest::Client;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::exchange::{Clients, convert};
use crate::own_clients::OwnClients;

/// Sends requests with a [`reqwest::Client`]. A clone shares its connections.
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
pub struct ReqwestBackend(Clients);

impl ReqwestBackend {
    /// A backend over a client of the caller's, of reqwest 0.13, with its proxies, roots, connections and timeouts.
    ///
    /// The deadline, the bound on the body and the cleaning of errors hold as they do for [`new`](Self::new). The rest
    /// is the client's, so build it with `redirect(Policy::none())`, `referer(false)`, without decompression
    /// (`no_gzip()` and its like), without a retry policy of its own, and without default headers that do not belong
    /// at LINE:
    ///
    /// - a followed redirect hands the secrets of a query to whoever it points to, and is noticed only afterwards; the
    ///   call then fails with kind [`Other`](line_channel_token_core::TransportErrorKind::Other). A request body is never sent twice;
    /// - of its pool `issue` and `issue_jwt` take what they find, even a connection that was idle for long and that the server
    ///   is just closing; then nobody knows whether a token was issued. A `pool_idle_timeout` far below the server's own
    ///   makes that rare, and `pool_max_idle_per_host(0)` rules it out;
    /// - a decompressed body counts with its decompressed size;
    /// - a certificate that a TLS library other than rustls refuses comes out as kind
    ///   [`Connect`](line_channel_token_core::TransportErrorKind::Connect).
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self(Clients::Given(client))
    }

    pub(crate) fn with_own_clients(clients: OwnClients) -> Self {
        Self(Clients::Own(Arc::new(clients)))
    }
}

#[async_trait]
impl HttpBackend for ReqwestBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(unsendable("reqwest needs a Tokio runtime, and the call runs outside of one"));
        }
        let exchange = self.0.exchange(&request)?;
        let (request, progress) = convert(request)?;
        match timeout(limits.timeout, exchange.run(request, &progress, limits.max_body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timeout_error(limits.timeout, progress.abandon())),
        }
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        // Outside of a runtime Tokio's timer panics, and there a call fails anyway.
        Handle::try_current().ok().map(|_| Box::pin(tokio::time::sleep(duration)) as Sleep)
    }
}

/// Settings of a caller's own client can hold secrets, default headers for example, so none is shown.
impl fmt::Debug for ReqwestBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestBackend").finish_non_exhaustive()
    }
}
