//! Errors that other crates make: signers, backends, caches, and token sources of your own.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use crate::{Error, ErrorKind, Sent};

impl Error {
    /// A value that was refused before anything was sent. The message must not show a secret.
    #[must_use]
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidInput, message.into())
    }

    /// A failure to sign an assertion. The message must not show a secret.
    #[must_use]
    pub fn signing(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Signing, message.into())
    }

    /// A backend that could not be built. The message must not show a secret.
    #[must_use]
    pub fn backend(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Backend, message.into())
    }

    /// A token cache that has no token to return. The message must not show a secret.
    #[must_use]
    pub fn token_unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::TokenUnavailable, message.into())
    }

    /// A token cache that has used up its budget of a channel's slots. The message must not show a secret.
    #[must_use]
    pub fn issue_budget_reached(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::IssueBudgetReached, message.into())
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
        Self::new(ErrorKind::TemporarilyUnavailable, message.into())
    }

    /// The same error, saying whether the request may have reached the server: for token sources of your own.
    ///
    /// A source whose request may have used up one of a channel's 30 slots says [`Sent::Unknown`], so that the request is
    /// not repeated.
    #[must_use]
    pub fn with_sent(self, sent: Sent) -> Self {
        self.changed(|inner| inner.sent = sent)
    }

    /// The same error with this hint on what to do, in place of the one it had. `Display` shows it after the message, so
    /// it must not show a secret.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.changed(|inner| inner.details.hint = Some(hint.into()))
    }

    /// The same error with what caused it, whose text must not show a secret or a URL.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.changed(|inner| inner.source = Some(Arc::from(source.into())))
    }

    /// The same error with the delay before the next attempt.
    #[must_use]
    pub fn with_retry_after(self, delay: Duration) -> Self {
        self.changed(|inner| inner.details.retry_after = Some(delay))
    }
}
