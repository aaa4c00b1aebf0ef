//! The nine operations over LINE's eight endpoints.

use http::Method;

use crate::as_str::text_form;

/// One of the nine operations.
///
/// ```
/// use line_channel_token_core::Operation;
///
/// assert_eq!(Operation::IssueJwt.as_str(), "issue_jwt");
/// assert!(!Operation::IssueJwt.is_idempotent(), "each call uses up a slot");
/// assert_eq!(Operation::ALL.iter().filter(|operation| !operation.is_idempotent()).count(), 2);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Issue a short-lived token (v2).
    Issue,
    /// Verify a short-lived or long-lived token (v2).
    Verify,
    /// Revoke a short-lived or long-lived token (v2).
    Revoke,
    /// Issue a stateless token (v3) with the channel secret.
    IssueStateless,
    /// Issue a stateless token (v3) with an assertion.
    IssueStatelessWithJwt,
    /// Issue a v2.1 token with an assertion.
    IssueJwt,
    /// Verify a v2.1 token.
    VerifyJwt,
    /// Revoke a v2.1 token.
    RevokeJwt,
    /// List the key ids of the valid v2.1 tokens.
    KeyIds,
}

impl Operation {
    /// The HTTP method.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::VerifyJwt | Self::KeyIds => Method::GET,
            _ => Method::POST,
        }
    }

    /// The path below the base URL, with its leading slash.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Issue => "/v2/oauth/accessToken",
            Self::Verify => "/v2/oauth/verify",
            Self::Revoke => "/v2/oauth/revoke",
            Self::IssueStateless | Self::IssueStatelessWithJwt => "/oauth2/v3/token",
            Self::IssueJwt => "/oauth2/v2.1/token",
            Self::VerifyJwt => "/oauth2/v2.1/verify",
            Self::RevokeJwt => "/oauth2/v2.1/revoke",
            Self::KeyIds => "/oauth2/v2.1/tokens/kid",
        }
    }

    /// Whether it does no harm to send it twice.
    ///
    /// `issue` and `issue_jwt` use up one of the channel's 30 slots each time, so they are repeated only if the first
    /// attempt provably never reached the server.
    #[must_use]
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Issue | Self::IssueJwt)
    }

    /// Whether an assertion authenticates it.
    #[must_use]
    pub fn takes_assertion(self) -> bool {
        matches!(self, Self::IssueStatelessWithJwt | Self::IssueJwt | Self::KeyIds)
    }
}

text_form!(Operation {
    Issue => "issue",
    Verify => "verify",
    Revoke => "revoke",
    IssueStateless => "issue_stateless",
    IssueStatelessWithJwt => "issue_stateless_with_jwt",
    IssueJwt => "issue_jwt",
    VerifyJwt => "verify_jwt",
    RevokeJwt => "revoke_jwt",
    KeyIds => "key_ids",
});
