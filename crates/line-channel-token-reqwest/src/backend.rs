//! The backend over reqwest.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{ExchangeSpan, HttpBackend, Limits, Sleep, TransportError};
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
/// use line_channel_token_reqwest::ReqwestBackend;
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
/// let client = Client::builder(ReqwestBackend::new()?).base_url(base_url).build(); // LINE's own without base_url
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
pub struct ReqwestBackend(Clients);

impl ReqwestBackend {
    /// A backend over a client of the caller's, of reqwest 0.13, with its proxies, roots, connections and timeouts.
    ///
    /// The deadline, the limit on the body and the errors are those of [`new`](Self::new). The rest is the client's, so build it
    /// with `redirect(Policy::none())` and `referer(false)`, without decompression (`no_gzip()` and its like), without a retry
    /// policy, and without default headers that LINE must not get:
    ///
    /// - a followed redirect sends the secrets of a query to its target, and is noticed only afterwards; the call then fails with
    ///   kind [`Other`](line_channel_token_core::TransportErrorKind::Other). A request body is never sent twice;
    /// - `issue` and `issue_jwt` use any connection of its pool, even one that was idle for long and that the server is closing; then
    ///   nobody knows whether a token was issued. A `pool_idle_timeout` far below the server's own
    ///   makes that rare, and `pool_max_idle_per_host(0)` rules it out;
    /// - a decompressed body counts with its decompressed size;
    /// - a certificate error of a TLS library other than rustls has the kind
    ///   [`Connect`](line_channel_token_core::TransportErrorKind::Connect).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use line_channel_token_reqwest::ReqwestBackend;
    ///
    /// # fn example() -> Result<(), reqwest::Error> {
    /// let client = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .referer(false)
    ///     .pool_idle_timeout(Duration::from_secs(1))
    ///     .build()?;
    /// let backend = ReqwestBackend::from_client(client);
    /// # drop(backend);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self(Clients::Given(client))
    }

    pub(crate) fn with_own_clients(clients: OwnClients) -> Self {
        Self(Clients::Own(Arc::new(clients)))
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        limits: Limits,
        span: &ExchangeSpan,
    ) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(unsendable("reqwest needs a Tokio runtime, and the call runs outside of one"));
        }
        let exchange = self.0.exchange(&request, span)?;
        let (request, progress) = convert(request)?;
        match timeout(limits.timeout, exchange.run(request, &progress, limits.max_body, span)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timeout_error(limits.timeout, progress.abandon())),
        }
    }
}

#[async_trait]
impl HttpBackend for ReqwestBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let span = ExchangeSpan::new("reqwest", &request);
        span.run(self.exchange(request, limits, &span)).await
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        // Outside of a runtime Tokio's timer panics, and a call fails in any case.
        Handle::try_current().ok().map(|_| Box::pin(tokio::time::sleep(duration)) as Sleep)
    }
}

/// No setting of the caller's own client is shown: default headers can hold secrets.
impl fmt::Debug for ReqwestBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestBackend").finish_non_exhaustive()
    }
}
