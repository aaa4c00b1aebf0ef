//! The span of an exchange, for backends.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};

#[cfg(feature = "tracing")]
use super::exchange_on::Exchange;
use crate::TransportError;

/// The span of one exchange, by the conventions of OpenTelemetry for HTTP clients, and so that nothing secret is in it.
///
/// For those who implement [`HttpBackend`](crate::HttpBackend). Without the feature `tracing` it is empty and does nothing, so a
/// backend uses it in any case. With it, the span is at level debug, its name is `http_exchange` and its target
/// `line_channel_token_core`; it is a child of the span that the task is in, which is that of the call. It holds neither the path
/// nor the query of the URL, nor a header or a body: of the request its method, its host and its operation, of the response its
/// status, its HTTP version and its request id, and of an error what its `Display` shows.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use line_channel_token_core::{ExchangeSpan, HttpBackend, Limits, TransportError, async_trait};
///
/// #[derive(Debug)]
/// struct Backend;
///
/// #[async_trait]
/// impl HttpBackend for Backend {
///     async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
///         let span = ExchangeSpan::new("my-client", &request);
///         let exchange = async {
///             // Send the request, and once a connection is there:
///             span.record_peer("127.0.0.1:443".parse().expect("it is an address"));
///             span.record_connection_reused(false);
///             Ok(Response::new(r#"{"access_token":"t","token_type":"Bearer","expires_in":900}"#.into()))
///         };
///         span.run(exchange).await
///     }
/// }
/// # use line_channel_token_core::{ChannelId, ChannelSecret, Client};
/// # let call = async { Client::new(Backend).issue_stateless(&ChannelId::new("1")?, &ChannelSecret::new("s")?).await };
/// # assert!(futures_executor::block_on(call).is_ok());
/// ```
pub struct ExchangeSpan {
    #[cfg(feature = "tracing")]
    on: Exchange,
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, clippy::unused_self, reason = "it is empty then"))]
impl ExchangeSpan {
    /// The span of an exchange that begins with this request. `backend` names the HTTP client, for a reader of the traces.
    #[must_use]
    pub fn new(backend: &'static str, request: &Request<Bytes>) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            on: Exchange::new(backend, request),
        }
    }

    /// Whether somebody listens to such spans just now: for what is costly to find out.
    ///
    /// ```
    /// // This program has no subscriber.
    /// assert!(!line_channel_token_core::ExchangeSpan::is_enabled());
    /// ```
    #[must_use]
    pub fn is_enabled() -> bool {
        #[cfg(feature = "tracing")]
        return super::exchange_on::is_enabled();
        #[cfg(not(feature = "tracing"))]
        false
    }

    /// The exchange goes through a proxy with this URL. Of it scheme, host and port are shown, and no user and no password.
    pub fn record_proxy(&self, url: &str) {
        #[cfg(feature = "tracing")]
        self.on.record_proxy(url);
    }

    /// The other end of the connection: the server, or a proxy.
    pub fn record_peer(&self, address: SocketAddr) {
        #[cfg(feature = "tracing")]
        self.on.record_peer(address);
    }

    /// Whether an earlier exchange used the same connection.
    pub fn record_connection_reused(&self, reused: bool) {
        #[cfg(feature = "tracing")]
        self.on.record_connection_reused(reused);
    }

    /// Runs the exchange within the span, and records how it ends: `outcome` is `ok` or `error`, `cancelled` if the future is
    /// dropped before, or `panicked`.
    ///
    /// # Errors
    ///
    /// Those of the exchange.
    pub async fn run(
        &self,
        exchange: impl Future<Output = Result<Response<Bytes>, TransportError>> + Send,
    ) -> Result<Response<Bytes>, TransportError> {
        #[cfg(feature = "tracing")]
        return self.on.run(exchange).await;
        #[cfg(not(feature = "tracing"))]
        exchange.await
    }

    /// The same for an exchange that blocks its thread.
    ///
    /// ```
    /// use line_channel_token_core::{BaseUrl, AccessToken, ExchangeSpan, request};
    ///
    /// let request = request::verify(&BaseUrl::line(), &AccessToken::new("t")?)?;
    /// let span = ExchangeSpan::new("my-client", &request);
    /// let response = span.run_blocking(|| Ok(http::Response::new("{}".into())));
    /// assert!(response.is_ok());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the exchange.
    pub fn run_blocking(
        &self,
        exchange: impl FnOnce() -> Result<Response<Bytes>, TransportError>,
    ) -> Result<Response<Bytes>, TransportError> {
        #[cfg(feature = "tracing")]
        return self.on.run_blocking(exchange);
        #[cfg(not(feature = "tracing"))]
        exchange()
    }
}

impl fmt::Debug for ExchangeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeSpan").finish_non_exhaustive()
    }
}
