//! Every response that LINE is known to give, and every way in which none arrives, by name.

use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use line_channel_token_core::{Sent, TransportErrorKind};
use serde_json::Value;

use crate::reply::Reply;

/// Successes.
impl Reply {
    /// A short-lived token (v2) for 30 days.
    #[must_use]
    pub fn short_lived_token(token: &str) -> Self {
        Self::token(token, 2_592_000)
    }

    /// A stateless token (v3) for 15 minutes.
    #[must_use]
    pub fn stateless_token(token: &str) -> Self {
        Self::token(token, 900)
    }

    /// A v2.1 token for 30 days.
    #[must_use]
    pub fn jwt_token(token: &str, key_id: &str) -> Self {
        let fields = [
            ("access_token", Value::from(token)),
            ("token_type", "Bearer".into()),
            ("expires_in", 2_592_000.into()),
            ("key_id", key_id.into()),
        ];
        Self::json(StatusCode::OK, fields)
    }

    /// A valid token of this channel, with 1000 seconds left and the scope `P CM`.
    #[must_use]
    pub fn verified(channel_id: &str) -> Self {
        let fields = [("client_id", Value::from(channel_id)), ("expires_in", 1000.into()), ("scope", "P CM".into())];
        Self::json(StatusCode::OK, fields)
    }

    /// A token was revoked: 200 without a body.
    #[must_use]
    pub fn revoked() -> Self {
        Self::raw(StatusCode::OK, "")
    }

    /// The key ids of the valid v2.1 tokens.
    #[must_use]
    pub fn key_ids<'a>(key_ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self::json(StatusCode::OK, [("kids", key_ids.into_iter().collect::<Vec<_>>().into())])
    }

    fn token(token: &str, expires_in: u64) -> Self {
        let fields =
            [("access_token", Value::from(token)), ("token_type", "Bearer".into()), ("expires_in", expires_in.into())];
        Self::json(StatusCode::OK, fields)
    }
}

/// Error responses, in LINE's own words.
impl Reply {
    /// v2.1 issue: the channel has 30 valid tokens.
    #[must_use]
    pub fn token_limit_reached() -> Self {
        Self::message(StatusCode::BAD_REQUEST, "The maximum number of access tokens has already been issued")
    }

    /// v2.1 issue: the key belongs to another channel.
    #[must_use]
    pub fn key_of_another_channel() -> Self {
        Self::error_response("invalid_client", "iss and clientId of key do not match")
    }

    /// Any call with an assertion: it has expired, or its `exp` is wrong.
    #[must_use]
    pub fn invalid_exp() -> Self {
        Self::error_response("invalid_client", "Invalid exp")
    }

    /// Any call with an assertion: no public key is registered under its kid.
    #[must_use]
    pub fn unknown_assertion_key() -> Self {
        Self::message(StatusCode::NOT_FOUND, "Cannot find channel key that satisfies the conditions")
    }

    /// v2.1 verify: the token has expired.
    #[must_use]
    pub fn token_expired() -> Self {
        Self::error_response("invalid_request", "The access token expired")
    }

    /// v2.1 verify: the token was revoked.
    #[must_use]
    pub fn token_revoked() -> Self {
        Self::error_response("invalid_request", "The access token revoked")
    }

    /// v2.1 verify or revoke: the token is of another family.
    #[must_use]
    pub fn token_not_jws() -> Self {
        Self::error_response("invalid_request", "The access token not JWS")
    }

    /// v2.1 revoke: the token is malformed.
    #[must_use]
    pub fn token_malformed() -> Self {
        Self::error_response("invalid_request", "The access token malformed")
    }

    /// v3 issue: wrong channel id or secret.
    #[must_use]
    pub fn invalid_client_credentials() -> Self {
        Self::error_response("invalid_request", "Invalid 'client_credentials'.")
    }

    /// v2 issue: unknown channel id.
    #[must_use]
    pub fn invalid_client_id() -> Self {
        Self::error_response("invalid_client", "invalid client_id")
    }

    /// v2 issue: wrong channel secret.
    #[must_use]
    pub fn invalid_client_secret() -> Self {
        Self::error_response("invalid_client", "invalid client_secret")
    }

    /// v2 issue: a parameter is missing or malformed.
    #[must_use]
    pub fn parameters_missing() -> Self {
        Self::error_response("invalid_request", "some parameters missed or invalid")
    }

    /// v2 issue, v3 issue and v2.1 revoke: the channel id is unknown or malformed, as LINE was seen to respond in September 2026.
    #[must_use]
    pub fn parameters_in_wrong_format() -> Self {
        Self::error_response("invalid_request", "some parameters in the wrong format")
    }

    /// v2.1 verify: the value is no token at all, as LINE was seen to respond in 2020.
    #[must_use]
    pub fn failed_to_parse() -> Self {
        Self::message(StatusCode::BAD_REQUEST, "failed to parse")
    }

    /// v2 verify: the token is unknown or was revoked.
    #[must_use]
    pub fn token_invalid() -> Self {
        Self::error_response("invalid_request", "access_token invalid")
    }

    /// v2 verify: the token is malformed.
    #[must_use]
    pub fn token_in_invalid_format() -> Self {
        Self::error_response("invalid_request", "access_token in invalid format")
    }

    /// v2 revoke: the token is malformed. LINE gives no description here.
    #[must_use]
    pub fn revocation_refused() -> Self {
        Self::json(StatusCode::BAD_REQUEST, [("error", "invalid_request".into())])
    }

    /// Any: over the rate limit.
    #[must_use]
    pub fn rate_limited() -> Self {
        Self::message(StatusCode::TOO_MANY_REQUESTS, "The API rate limit has been exceeded. Try again later.")
    }

    /// Any: over the rate limit, with a `Retry-After` in whole seconds, rounded up.
    #[must_use]
    pub fn rate_limited_for(delay: Duration) -> Self {
        Self::rate_limited().header(RETRY_AFTER, &delay.as_secs_f64().ceil().to_string())
    }

    /// Any: status 500 with a message in JSON.
    #[must_use]
    pub fn server_error() -> Self {
        Self::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// Any: status 502 with a page in HTML, as a proxy in front of LINE sends it.
    #[must_use]
    pub fn bad_gateway() -> Self {
        Self::raw(StatusCode::BAD_GATEWAY, "<html><body><h1>502 Bad Gateway</h1></body></html>")
            .header(CONTENT_TYPE, "text/html")
    }

    /// The login page of a captive portal, with status 200.
    #[must_use]
    pub fn captive_portal() -> Self {
        Self::raw(StatusCode::OK, "<!DOCTYPE html><html><head><title>Sign in to the network</title></head></html>")
            .header(CONTENT_TYPE, "text/html")
    }

    /// The page of a firewall or gateway that lets no request pass, with status 403.
    #[must_use]
    pub fn blocked_by_gateway() -> Self {
        Self::raw(StatusCode::FORBIDDEN, "<html><body><h1>Access denied</h1></body></html>")
            .header(CONTENT_TYPE, "text/html")
    }

    /// An OAuth error response (RFC 6749, 5.2) with this code and description, and status 400: for errors for which LINE documents no
    /// words, such as a wrong audience (`invalid_client`).
    ///
    /// ```
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{AccessToken, ErrorKind, Operation};
    /// use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// let line = MockBackend::new();
    /// line.given(Operation::VerifyJwt).respond(Reply::error_response("invalid_request", "The access token expired"));
    ///
    /// let error = block_on(line.client().verify_jwt(&AccessToken::new("the-token").unwrap())).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TokenExpired);
    /// ```
    #[must_use]
    pub fn error_response(error: &str, description: &str) -> Self {
        let fields = [("error", Value::from(error)), ("error_description", description.into())];
        Self::json(StatusCode::BAD_REQUEST, fields)
    }

    fn message(status: StatusCode, message: &str) -> Self {
        Self::json(status, [("message", message.into())])
    }
}

/// No response at all.
impl Reply {
    /// The connection is refused: nothing was sent.
    #[must_use]
    pub fn connection_refused() -> Self {
        Self::failure(TransportErrorKind::Connect, Sent::NotSent)
    }

    /// The client's deadline passes while connecting, on the mock's clock: nothing was sent.
    #[must_use]
    pub fn connect_timeout() -> Self {
        Self::failure(TransportErrorKind::Timeout, Sent::NotSent)
    }

    /// The client's deadline passes while waiting for the response, on the mock's clock: the server may have acted.
    #[must_use]
    pub fn timeout() -> Self {
        Self::failure(TransportErrorKind::Timeout, Sent::Unknown)
    }

    /// The connection breaks before anything was sent.
    #[must_use]
    pub fn connection_reset_before_send() -> Self {
        Self::failure(TransportErrorKind::Interrupted, Sent::NotSent)
    }

    /// The connection breaks after the request was sent: the server may have acted.
    #[must_use]
    pub fn connection_reset_after_send() -> Self {
        Self::failure(TransportErrorKind::Interrupted, Sent::Unknown)
    }
}
