//! Why an exchange brought no complete response, and whether the server may have got the request.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::as_str::text_form;

/// Whether the server may have got the request.
///
/// ```
/// use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
///
/// let error = TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown);
/// assert_eq!(error.sent(), Sent::Unknown, "the server may have issued a token, so `issue` is not repeated");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// It provably got no part of it.
    NotSent,
    /// It may have got it, and may have acted on it.
    Unknown,
}

/// Why no complete response arrived.
///
/// ```
/// use line_channel_token_core::TransportErrorKind;
///
/// assert_eq!(TransportErrorKind::BodyTooLarge.to_string(), "body_too_large");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: name resolution, TCP or TLS failed.
    Connect,
    /// The server's certificate is not trusted: it expired, is of another host, or of an unknown authority.
    Certificate,
    /// The deadline passed.
    Timeout,
    /// The connection broke before the response was complete.
    Interrupted,
    /// The body was larger than [`Limits::max_body`](crate::Limits::max_body).
    BodyTooLarge,
    /// Anything else: a response that is not HTTP, a backend that cannot serve the request.
    Other,
}

text_form!(Sent {
    NotSent => "not_sent",
    Unknown => "unknown",
});

text_form!(TransportErrorKind {
    Connect => "connect",
    Certificate => "certificate",
    Timeout => "timeout",
    Interrupted => "interrupted",
    BodyTooLarge => "body_too_large",
    Other => "other",
});

/// No complete response arrived.
///
/// ```
/// use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
///
/// let error = TransportError::new(TransportErrorKind::Timeout, Sent::Unknown).with_detail("no response within 3 s");
/// assert_eq!(error.to_string(), "the deadline passed: no response within 3 s");
/// ```
#[derive(Clone, Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    sent: Sent,
    detail: Option<Cow<'static, str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind. `sent` says whether the server may have got the request.
    #[must_use]
    pub fn new(kind: TransportErrorKind, sent: Sent) -> Self {
        Self { kind, sent, detail: None, source: None }
    }

    /// The same with the cause in a few words, `connection refused` for example. `Display` shows them, and so do logs: they
    /// must hold neither a URL nor a secret nor anything that the server sent.
    ///
    /// ```
    /// use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
    ///
    /// let error = TransportError::new(TransportErrorKind::Connect, Sent::NotSent).with_detail("connection refused");
    /// assert_eq!(error.to_string(), "could not connect: connection refused");
    /// ```
    #[must_use]
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same with what caused it. Its text must hold neither a URL nor a secret.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..self }
    }

    /// Why no complete response arrived.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> Option<Arc<dyn StdError + Send + Sync>> {
        self.source
    }

    /// Whether the server may have got the request.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "could not connect",
            TransportErrorKind::Certificate => "the server's certificate is not trusted",
            TransportErrorKind::Timeout => "the deadline passed",
            TransportErrorKind::Interrupted => "the connection broke before the response was complete",
            TransportErrorKind::BodyTooLarge => "the response body is larger than allowed",
            TransportErrorKind::Other => "the exchange failed",
        })?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
