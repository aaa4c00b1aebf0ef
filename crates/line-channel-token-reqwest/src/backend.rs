//! One exchange over reqwest.

use std::fmt;
use std::mem;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{Error, HttpBackend, Limits, Sent, Sleep, TransportError, TransportErrorKind};
use line_channel_token_transport::{Attempt, Chunks, Pools, Progress, TrackedBody, read_body, timed_out, unsendable};
use reqwest::{Client, Url};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::ReqwestBackendBuilder;
use crate::failure::transport_error;

/// Sends requests with a [`reqwest::Client`]. A clone shares its connections.
///
/// It needs a Tokio runtime with I/O and time enabled; without a runtime a call fails, with kind
/// [`Other`](TransportErrorKind::Other).
///
/// It may be used from several runtimes. A pooled connection belongs to the runtime that opened it: if that has ended, the
/// next call opens another one; a call that is using it fails with kind [`Interrupted`](TransportErrorKind::Interrupted),
/// and if nobody drives that runtime any more, with kind [`Timeout`](TransportErrorKind::Timeout).
#[derive(Clone)]
pub struct ReqwestBackend {
    clients: Clients,
    /// Of our own clients.
    connect_timeout: Option<Duration>,
}

#[derive(Clone)]
enum Clients {
    Own(Pools<Client>),
    /// It may follow redirects, so where its responses come from is checked.
    Given(Client),
}

impl ReqwestBackend {
    /// A backend with the default settings.
    ///
    /// # Errors
    ///
    /// As [`ReqwestBackendBuilder::build`].
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Settings that differ from [`new`](Self::new).
    pub fn builder() -> ReqwestBackendBuilder {
        ReqwestBackendBuilder::new()
    }

    /// A backend over a client of the caller's, with its proxies, roots, connections and timeouts.
    ///
    /// The deadline, the bound on the body and the cleaning of errors hold as they do for [`new`](Self::new). The rest
    /// is the client's, so build it with `redirect(Policy::none())`, `referer(false)`, without decompression
    /// (`no_gzip()` and its like), without a retry policy of its own, and without default headers that do not belong
    /// at LINE:
    ///
    /// - a followed redirect hands the secrets of a query to whoever it points to, and is noticed only afterwards; the
    ///   call then fails with kind [`Other`](TransportErrorKind::Other). A request body is never sent twice;
    /// - of its pool `issue` and `issue_jwt` take what they find, even a connection that was idle for long and that the server
    ///   is just closing; then nobody knows whether a token was issued. A `pool_idle_timeout` far below the server's own
    ///   makes that rare, and `pool_max_idle_per_host(0)` rules it out;
    /// - a decompressed body counts with its decompressed size;
    /// - a certificate that a TLS library other than rustls refuses comes out as kind
    ///   [`Connect`](TransportErrorKind::Connect).
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self { clients: Clients::Given(client), connect_timeout: None }
    }

    pub(crate) fn own(pools: Pools<Client>, connect_timeout: Duration) -> Self {
        Self { clients: Clients::Own(pools), connect_timeout: Some(connect_timeout) }
    }

    async fn exchange(
        &self,
        client: &Client,
        request: reqwest::Request,
        progress: &Progress,
        max_body: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let asked = matches!(self.clients, Clients::Given(_)).then(|| request.url().clone());
        let attempt = Attempt { encrypted: request.url().scheme() == "https", ..Attempt::default() };
        let failed = |error| transport_error(&error, progress.abandon(), &attempt, self.connect_timeout);
        let mut response = client.execute(request).await.map_err(failed)?;
        if asked.is_some_and(|asked| asked != *response.url()) {
            return Err(TransportError::new(TransportErrorKind::Other, Sent::Maybe)
                .with_detail("the client followed a redirect: build it with redirect(Policy::none())"));
        }
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = mem::take(response.headers_mut());
        *answer.body_mut() = read_body(Body { response, attempt: &attempt }, max_body).await?;
        Ok(answer)
    }
}

#[async_trait]
impl HttpBackend for ReqwestBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(unsendable("reqwest needs a Tokio runtime, and the call runs outside of one"));
        }
        let client = match &self.clients {
            Clients::Own(pools) => pools.of(request.extensions()).clone(),
            Clients::Given(client) => client.clone(),
        };
        let (request, progress) = convert(request)?;
        match timeout(limits.timeout, self.exchange(&client, request, &progress, limits.max_body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timed_out(limits.timeout, progress.abandon())),
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

fn convert(request: Request<Bytes>) -> Result<(reqwest::Request, Progress), TransportError> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(|_| unsendable("the request's URI is not an absolute URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unsendable("the request's URL is neither http nor https"));
    }
    let (body, progress) = TrackedBody::new(body);
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(reqwest::Body::wrap(body));
    Ok((request, progress))
}

struct Body<'a> {
    response: reqwest::Response,
    attempt: &'a Attempt,
}

impl Chunks for Body<'_> {
    fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|error| transport_error(&error, Sent::Maybe, self.attempt, None))
    }
}
