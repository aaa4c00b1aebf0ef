//! What went wrong, for code to act on.

use crate::as_str::text_form;

/// What went wrong, for code to act on.
///
/// ```
/// use line_channel_token_core::ErrorKind;
///
/// fn advice(kind: ErrorKind) -> &'static str {
///     match kind {
///         ErrorKind::InvalidClient => "check the channel id and the channel secret",
///         ErrorKind::UnknownAssertionKey => "register the public key, or correct the kid",
///         ErrorKind::TokenLimitReached => "revoke tokens that nobody uses",
///         ErrorKind::RateLimited => "cache tokens instead of issuing one per call",
///         _ => "read the message",
///     }
/// }
///
/// assert_eq!(ErrorKind::TokenLimitReached.as_str(), "token_limit_reached"); // a label for metrics
/// assert!(advice(ErrorKind::TokenLimitReached).contains("revoke"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value was refused before anything was sent.
    InvalidInput,
    /// No assertion could be signed.
    Signing,
    /// A backend could not be built: no TLS provider, no trusted roots.
    Backend,
    /// A token cache has no valid token to return, and cannot or must not ask for one now.
    TokenUnavailable,
    /// What a token source needs is not available at the moment; the same call may succeed later without a change.
    TemporarilyUnavailable,
    /// A token cache has used up its budget of a channel's 30 slots, and asks for no further token until one is free.
    IssueBudgetReached,
    /// No connection: name resolution, TCP or TLS failed.
    Connect,
    /// The server's certificate is not trusted: it expired, is of another host, or of an unknown authority.
    Certificate,
    /// The deadline passed before the response was complete.
    Timeout,
    /// The connection broke before the response was complete.
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
    /// The response could not be understood.
    UnexpectedResponse,
}

text_form!(ErrorKind {
    InvalidInput => "invalid_input",
    Signing => "signing",
    Backend => "backend",
    TokenUnavailable => "token_unavailable",
    TemporarilyUnavailable => "temporarily_unavailable",
    IssueBudgetReached => "issue_budget_reached",
    Connect => "connect",
    Certificate => "certificate",
    Timeout => "timeout",
    Interrupted => "interrupted",
    BodyTooLarge => "body_too_large",
    Transport => "transport",
    InvalidClient => "invalid_client",
    InvalidAssertion => "invalid_assertion",
    UnknownAssertionKey => "unknown_assertion_key",
    TokenLimitReached => "token_limit_reached",
    TokenExpired => "token_expired",
    TokenRevoked => "token_revoked",
    InvalidToken => "invalid_token",
    RateLimited => "rate_limited",
    Server => "server",
    Rejected => "rejected",
    UnexpectedResponse => "unexpected_response",
});
