//! The one error of the workspace.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::{ErrorKind, Operation, RequestId, Sent, TransportError, TransportErrorKind};

/// Why a call failed.
///
/// It is cheap to clone, so that several waiters can share one failure. Neither `Display` nor `Debug` ever shows a
/// secret, a token, a response body or a URL.
///
/// ```
/// use line_channel_token_core::{ChannelId, Error, ErrorKind};
///
/// fn should_page_somebody(error: &Error) -> bool {
///     // The kind is for code, `Display` for people: it says what was wrong and what to do.
///     !error.is_transient() && !matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenRevoked)
/// }
///
/// let error = ChannelId::new("@123abcde").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(should_page_somebody(&error));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: Option<Operation>,
    pub(crate) sent: Sent,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
    pub(crate) details: Details,
}

/// What is said, and what the response said that was not the success that was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) message: Cow<'static, str>,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) oauth_code: Option<&'static str>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) server_text: Option<Box<str>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: Cow<'static, str>) -> Self {
        let details = Details { message, ..Details::default() };
        Self(Arc::new(Inner { kind, operation: None, sent: Sent::NotSent, source: None, details }))
    }

    pub(crate) fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
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
        let message = error.to_string().into();
        let sent = error.sent();
        let lost_token = sent == Sent::Unknown && !operation.is_idempotent();
        let hint = lost_token.then_some(Cow::Borrowed(
            "the server may have issued a token all the same; it counts towards the channel's 30 until it expires, \
             so the call was not repeated",
        ));
        let details = Details { message, hint, ..Details::default() };
        // Its own text is the message already.
        let source = error.into_source();
        Self(Arc::new(Inner { kind, operation: Some(operation), sent, source, details }))
    }

    pub(crate) fn response(kind: ErrorKind, operation: Operation, details: Details) -> Self {
        Self(Arc::new(Inner { kind, operation: Some(operation), sent: Sent::Unknown, source: None, details }))
    }

    /// What went wrong, for code to act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, if one was under way.
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
                    && self.0.details.status.is_some_and(|status| status.is_success())
            }
            // Written out, so that a new kind has to be thought about here.
            ErrorKind::InvalidInput
            | ErrorKind::Signing
            | ErrorKind::Backend
            | ErrorKind::TokenUnavailable
            | ErrorKind::IssueBudgetReached
            | ErrorKind::Certificate
            | ErrorKind::BodyTooLarge
            | ErrorKind::Transport
            | ErrorKind::InvalidClient
            | ErrorKind::InvalidAssertion
            | ErrorKind::UnknownAssertionKey
            | ErrorKind::TokenLimitReached
            | ErrorKind::TokenExpired
            | ErrorKind::TokenRevoked
            | ErrorKind::InvalidToken
            | ErrorKind::Rejected => false,
        }
    }

    /// Whether the server may have got the request. After a failed `issue` or `issue_jwt` with [`Sent::Unknown`] and no
    /// [`status`](Self::status), a token may exist that nobody holds.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// The HTTP status, if a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.details.status
    }

    /// The `error` code of the body, if it is one of RFC 6749 (`invalid_client`, `invalid_request`, …).
    #[must_use]
    pub fn oauth_code(&self) -> Option<&'static str> {
        self.0.details.oauth_code
    }

    /// LINE's id for the call: quote it to LINE's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.details.request_id.as_ref()
    }

    /// The delay before the next attempt: as the server's `Retry-After` asks (a day at most), or as a token cache has
    /// decided.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.details.retry_after
    }

    /// What the server wrote in `error_description` or `message`, and in `details` beside it, cut at 300 characters.
    ///
    /// It is the server's text, unchecked: a gateway may repeat what it was sent, secrets included. That is why it
    /// appears in no other form of this error.
    #[must_use]
    pub fn expose_server_text(&self) -> Option<&str> {
        self.0.details.server_text.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.details.message)?;
        if let Some(hint) = &self.0.details.hint {
            write!(f, "; {hint}")?;
        }
        if let Some(delay) = self.0.details.retry_after {
            write!(f, "; try again in {} s", delay.as_secs_f64().ceil())?;
        }
        if let Some(status) = self.0.details.status {
            write!(f, " (status {}", status.as_u16())?;
            if let Some(code) = self.0.details.oauth_code {
                write!(f, ", {code}")?;
            }
            if let Some(id) = &self.0.details.request_id {
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
            .field("retry_after", &self.0.details.retry_after)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
