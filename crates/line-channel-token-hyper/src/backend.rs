//! One exchange over hyper.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::{Connect, HttpInfo};
use hyper_util::client::legacy::{Client, ResponseFuture};
use line_channel_token_core::{ExchangeSpan, HttpBackend, Limits, Sent, Sleep, TransportError};
use line_channel_token_transport::{Attempt, Chunks, exchange_error, read_body, timeout_error, unsendable};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::connection_use::ConnectionUse;
use crate::exchange::{Exchange, Handover, Started};
use crate::own_clients::OwnClients;
use crate::transport_error::transport_error;

/// Sends requests with the pooling client of hyper-util. A clone shares its connections.
///
/// It needs a Tokio runtime with I/O and time enabled; without a runtime a call fails, with kind
/// [`Other`](line_channel_token_core::TransportErrorKind::Other).
///
/// It may be used from several runtimes. Each has a pool of its own, because a connection is driven by the runtime that opened it: so
/// neither a runtime that has ended nor one that is not driven delays the calls of another. There are at most 128 pools; with
/// more runtimes than that, the oldest pools are closed.
///
/// A client that is given to [`from_client`](Self::from_client) has one pool for all. A call over a connection of a runtime that
/// ends fails then with kind [`Interrupted`](line_channel_token_core::TransportErrorKind::Interrupted), and if nobody
/// drives that runtime, with kind [`Timeout`](line_channel_token_core::TransportErrorKind::Timeout).
///
/// ```
/// use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret, Client};
/// use line_channel_token_hyper::HyperBackend;
/// # use std::io::{Read, Write};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let base_url = BaseUrl::new(format!("http://{}", listener.local_addr()?))?;
/// # std::thread::spawn(move || {
/// #     let (mut stream, mut request) = (listener.accept().unwrap().0, String::new());
/// #     while !request.contains("client_secret=") {
/// #         let mut bytes = [0; 4096];
/// #         let count = stream.read(&mut bytes).unwrap();
/// #         request += std::str::from_utf8(&bytes[..count]).unwrap();
/// #     }
/// #     let body = r#"{"token_type":"Bearer","access_token":"t","expires_in":900}"#;
/// #     write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
/// # });
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let client = Client::builder(HyperBackend::new()?).base_url(base_url).build(); // LINE's own without base_url
/// let id = ChannelId::new("1234567890")?;
/// let token = client.issue_stateless(&id, &ChannelSecret::new("s3cret")?).await?;
/// assert_eq!(token.expires_in().as_secs(), 900);
/// # Ok::<(), line_channel_token_core::Error>(())
/// # })?;
/// # Ok(())
/// # }
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// #     example().unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct HyperBackend(Arc<dyn Exchange>);

impl HyperBackend {
    /// A backend over a client of the caller's, of hyper-util 0.1, with its connector, proxies, TLS and pool.
    ///
    /// The deadline and the limit on the body are those of [`new`](Self::new). hyper's client itself follows no
    /// redirect, decodes no body and uses no proxy; a connector or a layer below must not add that. Set `TCP_NODELAY`,
    /// and `pool_timer`, without which idle connections are never closed. What is different:
    ///
    /// - `issue` and `issue_jwt` use any connection of its pool, even one that was idle for long and that the server is closing; then
    ///   nobody knows whether a token was issued. A `pool_idle_timeout` far below the server's own makes that
    ///   rare, and `pool_max_idle_per_host(0)` rules it out;
    /// - of an error of the connector only the kind and the operating system's error code are passed on;
    /// - a certificate error of a TLS library other than rustls has the kind
    ///   [`Connect`](line_channel_token_core::TransportErrorKind::Connect).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hyper_util::client::legacy::{Client, connect::HttpConnector};
    /// use hyper_util::rt::{TokioExecutor, TokioTimer};
    /// use line_channel_token_hyper::HyperBackend;
    ///
    /// let mut connector = HttpConnector::new();
    /// connector.set_nodelay(true);
    /// let client = Client::builder(TokioExecutor::new())
    ///     .pool_timer(TokioTimer::new())
    ///     .pool_idle_timeout(Duration::from_secs(1))
    ///     .build(connector);
    /// let backend = HyperBackend::from_client(client);
    /// # drop(backend);
    /// ```
    #[must_use]
    pub fn from_client<C>(client: Client<C, Full<Bytes>>) -> Self
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        Self(Arc::new(client))
    }

    /// The proxy that a request to this URL goes through, as `scheme://host:port`, without a user name or password. `None` if it
    /// goes directly, and with a client of the caller's, whose connector alone knows.
    ///
    /// ```
    /// use line_channel_token_hyper::HyperBackend;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let backend = HyperBackend::builder().proxy("http://user:pa%40ss@proxy.example:3128")?.build()?;
    /// let url = "https://api.line.me/v2/oauth/verify".parse()?;
    /// assert_eq!(backend.proxy_for(&url).as_deref(), Some("http://proxy.example:3128"));
    /// assert_eq!(backend.proxy_for(&"http://127.0.0.1:8787/".parse()?), None);
    /// # Ok(())
    /// # }
    /// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
    /// #     example().unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn proxy_for(&self, url: &Uri) -> Option<String> {
        self.0.proxy_for(url)
    }

    pub(crate) fn with_own_clients(clients: OwnClients) -> Self {
        Self(Arc::new(clients))
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        limits: Limits,
        span: &ExchangeSpan,
    ) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(unsendable("hyper needs a Tokio runtime, and the call runs outside of one"));
        }
        if request.uri().scheme().is_none() || request.uri().authority().is_none() {
            return Err(unsendable("the request's URI is not an absolute URL"));
        }
        let Started { response, handover, attempt } = self.0.start(request)?;
        if let Some(proxy) = &attempt.proxy {
            span.record_proxy(proxy);
        }
        match timeout(limits.timeout, exchange(response, &handover, &attempt, limits.max_body, span)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timeout_error(limits.timeout, handover.abandon())),
        }
    }
}

#[async_trait]
impl HttpBackend for HyperBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let span = ExchangeSpan::new("hyper", &request);
        span.run(self.exchange(request, limits, &span)).await
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        // Outside of a runtime Tokio's timer panics, and a call fails in any case.
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
    span: &ExchangeSpan,
) -> Result<Response<Bytes>, TransportError> {
    let failed = |error| transport_error(&error, handover.abandon(), attempt);
    let (parts, incoming) = response.await.map_err(failed)?.into_parts();
    if let Some(connection) = parts.extensions.get::<HttpInfo>() {
        span.record_peer(connection.remote_addr());
    }
    if let Some(connection) = parts.extensions.get::<ConnectionUse>() {
        span.record_connection_reused(connection.was_used());
    }
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
