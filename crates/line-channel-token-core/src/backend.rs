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
/// - keeps `limits` for the headers and the body together,
/// - follows no redirect, decodes no `Content-Encoding` and adds no header that could carry a secret,
/// - logs neither the body nor the query of a request, nor the body of a response: they hold secrets in clear,
/// - puts no URL in its errors, because two of the endpoints carry secrets in the query,
/// - stops its work when the future is dropped,
/// - sends an operation that is not [repeatable](crate::Operation::is_idempotent) over a new connection, or over one that
///   was in use a moment ago: a server that is just closing an idle one would lose the request, and nobody knows then
///   whether a token was issued. The [`Operation`](crate::Operation) is an extension of the request.
///
/// ```
/// use async_trait::async_trait;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
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

    /// A wait on the runtime that this backend runs on; `None` if it has none of its own.
    ///
    /// A client waits so between attempts, unless it was given a [`Clock`](crate::Clock): otherwise it would start a timer
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
