//! The one thing that a backend does: send an HTTP request and bring back the response.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::{Sleep, TransportError};

/// Sends one request and returns the whole response.
///
/// A response with any status is a success here; only the lack of one is an error. An implementation
///
/// - keeps `limits` for the headers and the body together, the TLS handshake included,
/// - sends the request as it was built: it follows no redirect, decodes no `Content-Encoding`, skips responses with a status of
///   1xx, and adds no header but those that HTTP needs (`host`, the length of the body; `accept: */*` and `connection: close` say
///   nothing and may be there),
/// - sends a request once: if that fails, repeating is up to the [`Client`](crate::Client),
/// - logs neither the body nor the query of a request, nor the body of a response: they hold secrets in clear (an
///   [`ExchangeSpan`](crate::ExchangeSpan) shows what is of use and no secret),
/// - puts no URL in its errors, because two of the endpoints carry secrets in the query, and no secret in its own `Debug`,
/// - says in each error what caused it ([`TransportError::with_detail`]), in words of its own,
/// - stops its work when the future is dropped (one that blocks its thread is never pending, so it cannot be dropped in the middle; it
///   says so in its documentation),
/// - sends an operation that is not [idempotent](crate::Operation::is_idempotent) over a new connection, or over one that was
///   in use within the last second: a server that is just closing an idle one would lose the request, and nobody knows then
///   whether a token was issued. The [`Operation`](crate::Operation) is an extension of the request.
///
/// | what happened | [`TransportErrorKind`](crate::TransportErrorKind) | [`Sent`](crate::Sent) |
/// |---|---|---|
/// | name resolution, TCP or TLS failed | `Connect` | `NotSent` |
/// | the server's certificate is not trusted | `Certificate` | `NotSent` |
/// | the deadline passed while connecting | `Timeout` | `NotSent` |
/// | the deadline passed later | `Timeout` | `Unknown` |
/// | the connection broke before the response was complete | `Interrupted` | `Unknown` |
/// | the body is larger than [`Limits::max_body`] | `BodyTooLarge` | `Unknown` |
/// | anything else: a response that is not HTTP, a runtime that is missing | `Other` | `NotSent` if the request surely did not leave |
///
/// The crate `line-channel-token-conformance` checks all of this.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind, async_trait};
///
/// /// Never connects: what a program does if LINE is out of reach.
/// #[derive(Debug)]
/// struct Unplugged;
///
/// #[async_trait]
/// impl HttpBackend for Unplugged {
///     async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
///         Err(TransportError::new(TransportErrorKind::Connect, Sent::NotSent).with_detail("no network"))
///     }
/// }
/// ```
#[async_trait]
pub trait HttpBackend: fmt::Debug + Send + Sync + 'static {
    /// Sends `request`, whose URI is absolute, within `limits`.
    ///
    /// # Errors
    ///
    /// If no complete response arrived. [`Sent::NotSent`](crate::Sent::NotSent) may be claimed only if the server provably got no part of
    /// the request, because a call that must not be repeated blindly is then repeated.
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError>;

    /// A sleep on the runtime that this backend runs on; `None` if it has none of its own.
    ///
    /// A client sleeps so between attempts, unless it was given a [`Clock`](crate::Clock): otherwise it would start a timer
    /// thread beside the timers that the process has already.
    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        let _ = duration;
        None
    }
}

#[async_trait]
impl<B: HttpBackend + ?Sized> HttpBackend for Arc<B> {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request, limits).await
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        (**self).sleep(duration)
    }
}

/// What one exchange may cost.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::Limits;
///
/// let limits = Limits::default().with_timeout(Duration::from_secs(3));
/// assert_eq!((limits.timeout.as_secs(), limits.max_body), (3, 65_536));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the first step of connecting to the last byte of the body.
    pub timeout: Duration,
    /// The largest response body to accept, in bytes.
    pub max_body: usize,
}

impl Default for Limits {
    /// Ten seconds and 64 KiB.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), max_body: 64 * 1024 }
    }
}

impl Limits {
    /// These limits with another deadline.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// These limits with another bound on the body, in bytes.
    #[must_use]
    pub fn with_max_body(self, max_body: usize) -> Self {
        Self { max_body, ..self }
    }
}
