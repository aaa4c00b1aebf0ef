//! Every error body that LINE is known to send becomes the kind that a caller can act on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use line_channel_token_core::{Error, ErrorKind, Moment, Operation, Timing, response};

fn timing() -> Timing {
    // 2026-01-01T00:00:00Z
    let now = Moment { monotonic: Duration::from_secs(5), unix: Duration::from_secs(1_767_225_600) };
    Timing { sent_at: now, received_at: now }
}

fn response_of(status: u16, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("x-line-request-id", "ae5ddf5c-0fc9-4a5d".parse().unwrap());
    response
}

fn read(operation: Operation, response: &Response<Bytes>) -> Result<(), Error> {
    let timing = timing();
    match operation {
        Operation::Issue => response::issue(response, timing).map(drop),
        Operation::Verify => response::verify(response, timing).map(drop),
        Operation::Revoke => response::revoke(response, timing).map(drop),
        Operation::IssueStateless => response::issue_stateless(response, timing).map(drop),
        Operation::IssueStatelessWithJwt => response::issue_stateless_with_jwt(response, timing).map(drop),
        Operation::IssueJwt => response::issue_jwt(response, timing).map(drop),
        Operation::VerifyJwt => response::verify_jwt(response, timing).map(drop),
        Operation::RevokeJwt => response::revoke_jwt(response, timing).map(drop),
        Operation::KeyIds => response::key_ids(response, timing).map(drop),
        _ => panic!("an operation that this test does not know: {operation}"),
    }
}

#[test]
fn each_documented_refusal_has_its_kind_and_a_hint() {
    use ErrorKind as K;
    use Operation as O;
    for (operation, status, body, kind, hint) in [
        (
            O::IssueJwt,
            400,
            r#"{"message":"The maximum number of access tokens has already been issued"}"#,
            K::TokenLimitReached,
            "revoke one",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"iss and clientId of key do not match"}"#,
            K::InvalidClient,
            "another channel",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"Invalid exp"}"#,
            K::InvalidAssertion,
            "clock",
        ),
        (
            O::IssueStatelessWithJwt,
            400,
            r#"{"error":"invalid_client","error_description":"Invalid exp"}"#,
            K::InvalidAssertion,
            "clock",
        ),
        (
            O::KeyIds,
            400,
            r#"{"error":"invalid_client","error_description":"Invalid exp"}"#,
            K::InvalidAssertion,
            "clock",
        ),
        (
            O::KeyIds,
            400,
            r#"{"error":"invalid_client","error_description":"some other claim"}"#,
            K::InvalidAssertion,
            "key pair",
        ),
        (
            O::KeyIds,
            404,
            r#"{"message":"Cannot find channel key that satisfies the conditions"}"#,
            K::UnknownAssertionKey,
            "kid",
        ),
        (
            O::IssueJwt,
            404,
            r#"{"message":"Cannot find channel key that satisfies the conditions"}"#,
            K::UnknownAssertionKey,
            "kid",
        ),
        (
            O::VerifyJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token expired"}"#,
            K::TokenExpired,
            "issue a new one",
        ),
        (
            O::VerifyJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token not JWS"}"#,
            K::InvalidToken,
            "verify and revoke are the methods",
        ),
        (
            O::VerifyJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token revoked"}"#,
            K::TokenRevoked,
            "issue a new one",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token not JWS"}"#,
            K::InvalidToken,
            "verify and revoke are the methods",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token malformed"}"#,
            K::InvalidToken,
            "malformed",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_client","error_description":"invalid client_secret"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::IssueStateless,
            400,
            r#"{"error":"invalid_request","error_description":"Invalid 'client_credentials'."}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::Issue,
            400,
            r#"{"error":"invalid_client","error_description":"invalid client_id"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::Issue,
            400,
            r#"{"error":"invalid_client","error_description":"invalid client_secret"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::Issue,
            400,
            r#"{"error":"invalid_request","error_description":"some parameters missed or invalid"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::Verify,
            400,
            r#"{"error":"invalid_request","error_description":"access_token invalid"}"#,
            K::InvalidToken,
            "verify_jwt",
        ),
        (
            O::Verify,
            400,
            r#"{"error":"invalid_request","error_description":"access_token in invalid format"}"#,
            K::InvalidToken,
            "verify_jwt",
        ),
        (O::Revoke, 400, r#"{"error":"invalid_request"}"#, K::InvalidToken, "revoke_jwt"),
        (
            O::IssueStateless,
            429,
            r#"{"message":"The API rate limit has been exceeded. Try again later."}"#,
            K::RateLimited,
            "cache tokens",
        ),
        (O::Issue, 401, "", K::InvalidClient, "Basic settings"),
        (O::IssueJwt, 401, "", K::InvalidClient, "kid"),
        (O::IssueStateless, 404, "", K::Rejected, "base URL"),
        (O::IssueJwt, 404, r#"{"message":"Not found"}"#, K::UnknownAssertionKey, "base URL"),
        (O::KeyIds, 404, r#"{"message":"No such key"}"#, K::UnknownAssertionKey, "kid"),
        (
            O::IssueJwt,
            404,
            r#"{"message":"Cannot find the channel key for the requested path"}"#,
            K::UnknownAssertionKey,
            "kid",
        ),
        (O::KeyIds, 404, "{}", K::Rejected, "base URL"),
        (O::KeyIds, 404, r#"{"fault":{"faultstring":"x"}}"#, K::Rejected, "base URL"),
        (O::KeyIds, 404, r#"{"error":{"code":404,"message":"x"}}"#, K::Rejected, "base URL"),
        (O::IssueStateless, 404, r#"{"message":"Not found"}"#, K::Rejected, "base URL"),
        (O::IssueJwt, 404, r#"{"message":"no Route matched with those values"}"#, K::Rejected, "base URL"),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"Invalid token_exp"}"#,
            K::InvalidAssertion,
            "sign_for",
        ),
        (O::Verify, 401, "", K::Rejected, "gateway"),
        (O::VerifyJwt, 403, r#"{"message":"Your plan has expired"}"#, K::Rejected, "expose_server_text"),
        (O::Verify, 403, "<html>blocked</html>", K::Rejected, "the body is HTML"),
        (O::Revoke, 413, "", K::Rejected, "larger than the server accepts"),
        (O::VerifyJwt, 400, "<html>bad request</html>", K::Rejected, "gateway"),
        (O::IssueStateless, 401, "<html>log in</html>", K::Rejected, "gateway"),
        (O::IssueStateless, 403, "<?xml version='1.0'?><Error/>", K::Rejected, "the body is XML"),
        (O::IssueStateless, 407, "", K::Rejected, "a proxy demands"),
        (O::IssueStateless, 511, "", K::Server, "captive portal"),
        (O::VerifyJwt, 400, r#"{"message":"failed to parse"}"#, K::InvalidToken, "verify and revoke are the methods"),
        (
            O::IssueStateless,
            400,
            r#"{"error":"invalid_request","error_description":"some parameters in the wrong format"}"#,
            K::InvalidClient,
            "the channel id was refused",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"some parameters in the wrong format"}"#,
            K::InvalidClient,
            "the channel id was refused",
        ),
        (O::Issue, 400, r#"{"error":"invalid_request"}"#, K::InvalidClient, "the channel id or the channel secret"),
        (
            O::IssueStateless,
            400,
            r#"{"error":"invalid_request","error_description":"try harder"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"message":"This channel has too many access tokens"}"#,
            K::TokenLimitReached,
            "revoke one",
        ),
        (O::IssueJwt, 400, r#"{"message":"Limit exceeded"}"#, K::TokenLimitReached, "revoke one"),
        (O::Revoke, 400, r#"{"message":"no such token"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"Authorization failed"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"The request body has 1 error(s)"}"#, K::Rejected, "expose_server_text"),
        (
            O::IssueJwt,
            400,
            r#"{"message":"The content type, text/plain, is not supported"}"#,
            K::Rejected,
            "expose_server_text",
        ),
        (O::IssueStateless, 400, r#"{"message":"Limit exceeded"}"#, K::Rejected, "expose_server_text"),
        (O::IssueStatelessWithJwt, 400, r#"{"error":"invalid_request"}"#, K::InvalidAssertion, "key pair"),
        (
            O::Verify,
            400,
            r#"{"error":"invalid_request","error_description":"no such thing"}"#,
            K::InvalidToken,
            "verify_jwt",
        ),
        (O::Verify, 408, "", K::Server, "server failed"),
        (
            O::IssueStateless,
            400,
            r#"{"error":"unsupported_grant_type","error_description":"grant_type must be client_credentials"}"#,
            K::Rejected,
            "expose_server_text",
        ),
        (O::IssueJwt, 404, "<html>no such page</html>", K::Rejected, "base URL"),
        (O::IssueStateless, 502, "<html>bad gateway</html>", K::Server, "server failed"),
        (O::IssueJwt, 500, "", K::Server, "may have issued a token"),
        (O::IssueStateless, 302, "", K::UnexpectedResponse, "redirect"),
        (O::IssueStateless, 403, "{\"error\":[1]}", K::Rejected, "not of the form of LINE's"),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"client authentication failed, the token was not revoked"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"malformed client_id"}"#,
            K::InvalidClient,
            "channel id",
        ),
        (
            O::RevokeJwt,
            400,
            r#"{"error":"invalid_request","error_description":"some parameters missed or invalid","details":[{"message":"x","property":"access_token"}]}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (O::Revoke, 400, r#"{"fault":{"faultstring":"x"}}"#, K::Rejected, "not of the form of LINE's"),
        (
            O::Revoke,
            400,
            r#"{"error":{"code":400,"status":"INVALID_ARGUMENT"}}"#,
            K::Rejected,
            "not of the form of LINE's",
        ),
        (
            O::Verify,
            400,
            r#"{"title":"Bad Request","status":400,"detail":"x"}"#,
            K::Rejected,
            "not of the form of LINE's",
        ),
        (O::Verify, 400, "{}", K::Rejected, "not of the form of LINE's"),
        (O::Revoke, 400, r#"{"message":"Bad request"}"#, K::Rejected, "expose_server_text"),
        (O::Verify, 400, r#"{"message":"no Route matched with those values"}"#, K::Rejected, "expose_server_text"),
        (O::Verify, 401, r#"{"error":"invalid_client"}"#, K::Rejected, "gateway"),
        (O::IssueJwt, 400, r#"{"message":"Bad Request"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"Access denied"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"Your request was throttled"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"The assertion has expired"}"#, K::Rejected, "expose_server_text"),
        (O::IssueJwt, 400, r#"{"message":"JWT signature verification failed"}"#, K::Rejected, "expose_server_text"),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_aud","error_description":"aud mismatch"}"#,
            K::Rejected,
            "not of the form of LINE's",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"Bad Request","message":"No message available"}"#,
            K::Rejected,
            "not of the form of LINE's",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"message":"Issuance is restricted to 30 channel access tokens"}"#,
            K::TokenLimitReached,
            "revoke one",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"message":"No more access tokens can be issued with this key"}"#,
            K::TokenLimitReached,
            "revoke one",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_request","error_description":"Too many access tokens have been issued"}"#,
            K::TokenLimitReached,
            "revoke one",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"token_exp must be at most 30 days"}"#,
            K::InvalidAssertion,
            "sign_for",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"iss and client ID of key do not match"}"#,
            K::InvalidClient,
            "another channel",
        ),
        (
            O::IssueJwt,
            400,
            r#"{"error":"invalid_client","error_description":"JWT expired"}"#,
            K::InvalidAssertion,
            "clock",
        ),
        (O::Issue, 401, "Jwt is missing", K::Rejected, "is text and not JSON"),
        (
            O::IssueStateless,
            400,
            r#"{"error":"invalid_request","error_description":"The credentials do not match this grant_type"}"#,
            K::InvalidClient,
            "Basic settings",
        ),
        (
            O::VerifyJwt,
            400,
            r#"{"error":"invalid_request","error_description":"The access token is invalid (unknown, expired or revoked)"}"#,
            K::InvalidToken,
            "unknown, revoked, expired",
        ),
        (O::KeyIds, 404, "<html>no such page</html>", K::Rejected, "the body is HTML"),
        (O::KeyIds, 503, "<html>maintenance</html>", K::Server, "the body is HTML"),
        (O::IssueStateless, 403, "RBAC: access denied", K::Rejected, "is text and not JSON"),
    ] {
        let error = read(operation, &response_of(status, body)).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{operation} {status} {body}");
        assert!(text.contains(hint), "{operation} {status} {body}: {text}");
        assert!(text.starts_with(operation.as_str()), "{text}");
        assert!(text.contains(&format!("status {status}")), "{text}");
        assert!(text.contains("request id ae5ddf5c-0fc9-4a5d"), "{text}");
        assert!(!text.contains("expose_server_text") || error.expose_server_text().is_some(), "no such text: {text}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(error.is_transient(), matches!(status, 408 | 429) || status >= 500, "{text}");
    }
}

#[test]
fn the_servers_words_are_kept_but_shown_on_purpose_only() {
    let error = read(
        Operation::Issue,
        &response_of(400, r#"{"error":"invalid_grant","error_description":"you sent client_secret=s3cr3t\nreally"}"#),
    )
    .unwrap_err();
    assert_eq!(error.oauth_code(), Some("invalid_grant"));
    assert_eq!(error.expose_server_text(), Some("you sent client_secret=s3cr3t really"));
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    let unknown = read(Operation::Issue, &response_of(400, r#"{"error":"s3cr3t"}"#)).unwrap_err();
    assert_eq!(unknown.oauth_code(), None);
    assert!(!format!("{unknown} {unknown:?}").contains("s3cr3t"));
}

#[test]
fn details_are_kept_with_the_servers_words() {
    let body = r#"{"message":"The request body has 2 error(s)","details":[{"message":"May not be empty","property":"client_id"},{"message":"odd"},7]}"#;
    let error = read(Operation::IssueStateless, &response_of(400, body)).unwrap_err();
    assert_eq!(error.expose_server_text(), Some("The request body has 2 error(s) (client_id: May not be empty, odd)"));
}

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    let retry_after = |value: &str| {
        let mut response = response_of(429, "{}");
        response.headers_mut().insert("retry-after", value.parse().unwrap());
        read(Operation::IssueStateless, &response).unwrap_err().retry_after()
    };
    assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
    let mut limited = response_of(429, "{}");
    limited.headers_mut().insert("retry-after", "7".parse().unwrap());
    let error = read(Operation::IssueStateless, &limited).unwrap_err().to_string();
    assert!(error.contains("; try again in 7 s (status 429"), "{error}");
    assert_eq!(retry_after("Thu, 01 Jan 2026 00:01:30 GMT"), Some(Duration::from_secs(90)));
    assert_eq!(retry_after("Wed, 31 Dec 2025 00:00:00 GMT"), Some(Duration::ZERO));
    let day = Some(Duration::from_secs(86_400));
    for beyond in ["86401", "18446744073709551615", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        assert_eq!(retry_after(beyond), day, "{beyond}");
    }
    assert_eq!(retry_after("soon"), None);
    assert_eq!(retry_after("1.5"), None);
    assert_eq!(retry_after("-1"), None);
}
