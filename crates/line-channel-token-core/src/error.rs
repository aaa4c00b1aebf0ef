//! The one error of the workspace.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::{Operation, RequestId, Sent, TransportError, TransportErrorKind};

/// What went wrong, for code to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value was refused before anything was sent.
    InvalidInput,
    /// No assertion could be signed.
    Signing,
    /// A backend could not be built: no TLS provider, no trusted roots.
    Backend,
    /// A token cache has no valid token to hand out, and cannot or must not ask for one now.
    TokenUnavailable,
    /// What a token source needs is not available at the moment; the same call may succeed later without a change.
    TemporarilyUnavailable,
    /// A token cache has used up its budget of a channel's 30 places, and asks for no further token until one is free.
    IssueBudgetReached,
    /// No connection: name resolution, TCP or TLS failed.
    Connect,
    /// The server's certificate is not trusted: it expired, is of another host, or of an unknown authority.
    Certificate,
    /// The deadline passed before the answer was complete.
    Timeout,
    /// The connection broke before the answer was complete.
    Interrupted,
    /// The body was larger than allowed.
    BodyTooLarge,
    /// The exchange failed in another way.
    Transport,
    /// The channel id, the secret or the owner of the key is wrong.
    InvalidClient,
    /// The assertion was refused: its signature, its claims or its lifetime.
    InvalidAssertion,
    /// No public key is registered under the assertion's kid.
    UnknownAssertionKey,
    /// The channel has 30 valid v2.1 tokens already.
    TokenLimitReached,
    /// The token has expired.
    TokenExpired,
    /// The token was revoked.
    TokenRevoked,
    /// The token is unknown, revoked, malformed or of another family.
    InvalidToken,
    /// Too many requests (429).
    RateLimited,
    /// The server failed (5xx).
    Server,
    /// The server refused the request for another reason (4xx).
    Rejected,
    /// The answer could not be understood.
    UnexpectedResponse,
}

/// Why a call failed.
///
/// It is cheap to clone, so that several waiters can share one failure. Neither `Display` nor `Debug` ever shows a
/// secret, a token, a response body or a URL.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    message: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    status: Option<StatusCode>,
    oauth_code: Option<&'static str>,
    request_id: Option<RequestId>,
    retry_after: Option<Duration>,
    server_text: Option<Box<str>>,
    sent: Sent,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What a response says that is not the success that was asked for.
#[derive(Debug, Default)]
pub(crate) struct ErrorResponse {
    pub(crate) message: Cow<'static, str>,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) oauth_code: Option<&'static str>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) server_text: Option<Box<str>>,
}

impl Error {
    fn new(kind: ErrorKind, message: Cow<'static, str>, sent: Sent) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            message,
            hint: None,
            status: None,
            oauth_code: None,
            request_id: None,
            retry_after: None,
            server_text: None,
            sent,
            source: None,
        }))
    }

    /// A value that was refused before anything was sent. The message must not show a secret.
    #[must_use]
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidInput, message.into(), Sent::NotSent)
    }

    /// A failure to sign an assertion. The message must not show a secret.
    #[must_use]
    pub fn signing(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Signing, message.into(), Sent::NotSent)
    }

    /// A backend that could not be built. The message must not show a secret.
    #[must_use]
    pub fn backend(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Backend, message.into(), Sent::NotSent)
    }

    /// A token cache that has nothing to hand out. The message must not show a secret.
    #[must_use]
    pub fn token_unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::TokenUnavailable, message.into(), Sent::NotSent)
    }

    /// A token cache that has used up its budget of a channel's places. The message must not show a secret.
    #[must_use]
    pub fn issue_budget_reached(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::IssueBudgetReached, message.into(), Sent::NotSent)
    }

    /// A failure of a token source that may be over by the next call: a vault that cannot be reached, a lock that another
    /// process holds. The message must not show a secret.
    ///
    /// ```
    /// use line_channel_token_core::{Error, ErrorKind};
    ///
    /// let error = Error::transient("the vault does not respond").with_hint("check that its agent is running");
    /// assert_eq!(error.kind(), ErrorKind::TemporarilyUnavailable);
    /// assert!(error.is_transient());
    /// assert_eq!(error.to_string(), "the vault does not respond; check that its agent is running");
    /// ```
    #[must_use]
    pub fn transient(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::TemporarilyUnavailable, message.into(), Sent::NotSent)
    }

    /// The same error, saying whether the request may have reached the server: for token sources of your own.
    ///
    /// A source whose request may have used up one of a channel's 30 places says [`Sent::Unknown`], so that the request is
    /// not repeated.
    #[must_use]
    pub fn with_sent(self, sent: Sent) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.sent = sent;
        Self(Arc::new(inner))
    }

    /// The same error with this hint on what to do, in place of the one it had. `Display` shows it after the message, so
    /// it must not show a secret.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.hint = Some(hint.into());
        Self(Arc::new(inner))
    }

    /// The same error with what caused it, whose text must not show a secret or a URL.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.source = Some(Arc::from(source.into()));
        Self(Arc::new(inner))
    }

    /// The same error with how long to wait before the next try.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.retry_after = Some(wait);
        Self(Arc::new(inner))
    }

    pub(crate) fn transport(operation: Operation, error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Connect => ErrorKind::Connect,
            TransportErrorKind::Certificate => ErrorKind::Certificate,
            TransportErrorKind::Timeout => ErrorKind::Timeout,
            TransportErrorKind::Interrupted => ErrorKind::Interrupted,
            TransportErrorKind::BodyTooLarge => ErrorKind::BodyTooLarge,
            TransportErrorKind::Other => ErrorKind::Transport,
        };
        let lost_token = error.sent() == Sent::Unknown && !operation.is_idempotent();
        let mut inner = Arc::unwrap_or_clone(Self::new(kind, error.to_string().into(), error.sent()).0);
        inner.operation = Some(operation);
        inner.hint = lost_token.then_some(Cow::Borrowed(
            "the server may have issued a token all the same; it counts towards the channel's 30 until it expires, \
             so the call was not repeated",
        ));
        // Its own text is the message already.
        inner.source = error.into_source();
        Self(Arc::new(inner))
    }

    pub(crate) fn response(kind: ErrorKind, operation: Operation, response: ErrorResponse) -> Self {
        let ErrorResponse { message, hint, status, oauth_code, request_id, retry_after, server_text } = response;
        Self(Arc::new(Inner {
            kind,
            operation: Some(operation),
            message,
            hint,
            status,
            oauth_code,
            request_id,
            retry_after,
            server_text,
            sent: Sent::Unknown,
            source: None,
        }))
    }

    /// What went wrong, for code to act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, where one was under way.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// Whether the same call may succeed later without a change: no connection, a deadline, a broken connection, 429 or
    /// 5xx, a [token source](Self::transient) that is not available at the moment.
    ///
    /// So may a call to which a success (2xx) with a body that is not LINE's was returned, as captive portals and gateways
    /// under maintenance do, if the operation does no harm when it arrives twice. A redirect is not transient: it comes
    /// from a wrong base URL, too.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::Connect
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::TemporarilyUnavailable => true,
            ErrorKind::UnexpectedResponse => {
                self.0.operation.is_some_and(Operation::is_idempotent)
                    && self.0.status.is_some_and(|status| status.is_success())
            }
            _ => false,
        }
    }

    /// Whether the server may have got the request. After a failed `issue` or `issue_jwt` with [`Sent::Unknown`] and no
    /// [`status`](Self::status), a token may exist that nobody holds.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// The HTTP status, where an answer arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The `error` code of the body, where it is one of RFC 6749 (`invalid_client`, `invalid_request`, …).
    #[must_use]
    pub fn oauth_code(&self) -> Option<&'static str> {
        self.0.oauth_code
    }

    /// LINE's id for the call: quote it to LINE's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// How long to wait before the next try: as the server's `Retry-After` asks (a day at most), or as a token cache has
    /// decided.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the server wrote in `error_description` or `message`, and in `details` beside it, cut at 300 characters.
    ///
    /// It is the server's text, unchecked: a gateway may repeat what it was sent, secrets included. That is why it
    /// appears in no other form of this error.
    #[must_use]
    pub fn expose_server_text(&self) -> Option<&str> {
        self.0.server_text.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        if let Some(wait) = self.0.retry_after {
            write!(f, "; try again in {} s", wait.as_secs_f64().ceil())?;
        }
        if let Some(status) = self.0.status {
            write!(f, " (status {}", status.as_u16())?;
            if let Some(code) = self.0.oauth_code {
                write!(f, ", {code}")?;
            }
            if let Some(id) = &self.0.request_id {
                write!(f, ", request id {id}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &format_args!("{self}"))
            .field("sent", &self.0.sent)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
