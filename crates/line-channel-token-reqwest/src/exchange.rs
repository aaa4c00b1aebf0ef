//! One exchange over reqwest, with the client and what is known of it.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response};
use line_channel_token_core::{ExchangeSpan, Sent, TransportError, TransportErrorKind};
use line_channel_token_transport::{Attempt, Chunks, Progress, TrackedBody, read_body, unsendable};
use reqwest::{Client, Url};

use crate::own_clients::OwnClients;
use crate::transport_error::transport_error;

/// The clients of a backend.
#[derive(Clone)]
pub(crate) enum Clients {
    Own(Arc<OwnClients>),
    /// It may follow redirects, so the URL of each response is checked.
    Given(Client),
}

/// A client, and what is known of an exchange with it.
pub(crate) struct Exchange {
    client: Client,
    attempt: Attempt,
    /// Known for the backend's own clients alone.
    connect_timeout: Option<Duration>,
}

impl Clients {
    /// The exchange for this request, within a runtime.
    pub(crate) fn exchange(&self, request: &Request<Bytes>, span: &ExchangeSpan) -> Result<Exchange, TransportError> {
        let url = request.uri();
        let encrypted = url.scheme() == Some(&Scheme::HTTPS);
        let exchange = match self {
            Self::Own(own) => Exchange {
                // Cannot fail in practice: `build` made clients of the same settings.
                client: own
                    .pools()
                    .map_err(|error| unsendable(error.to_string()))?
                    .for_request(request.extensions())
                    .clone(),
                attempt: Attempt { encrypted, proxy: own.proxies.name_for(url) },
                connect_timeout: Some(own.settings.connect_timeout),
            },
            Self::Given(client) => {
                Exchange { client: client.clone(), attempt: Attempt { encrypted, proxy: None }, connect_timeout: None }
            }
        };
        if let Some(proxy) = &exchange.attempt.proxy {
            span.record_proxy(proxy);
        }
        Ok(exchange)
    }
}

impl Exchange {
    pub(crate) async fn run(
        &self,
        request: reqwest::Request,
        progress: &Progress,
        max_body: usize,
        span: &ExchangeSpan,
    ) -> Result<Response<Bytes>, TransportError> {
        let requested = self.connect_timeout.is_none().then(|| request.url().clone());
        let failed = |error| transport_error(&error, progress.abandon(), &self.attempt, self.connect_timeout);
        let mut response = self.client.execute(request).await.map_err(failed)?;
        if let Some(peer) = response.remote_addr() {
            span.record_peer(peer);
        }
        if requested.is_some_and(|requested| requested != *response.url()) {
            return Err(TransportError::new(TransportErrorKind::Other, Sent::Unknown)
                .with_detail("the client followed a redirect: build it with redirect(Policy::none())"));
        }
        let mut whole = Response::new(Bytes::new());
        *whole.status_mut() = response.status();
        *whole.version_mut() = response.version();
        *whole.headers_mut() = mem::take(response.headers_mut());
        *whole.body_mut() = read_body(Body { response, attempt: &self.attempt }, max_body).await?;
        Ok(whole)
    }
}

/// The same request for reqwest.
pub(crate) fn convert(request: Request<Bytes>) -> Result<(reqwest::Request, Progress), TransportError> {
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
        chunk.map_err(|error| transport_error(&error, Sent::Unknown, self.attempt, None))
    }
}
