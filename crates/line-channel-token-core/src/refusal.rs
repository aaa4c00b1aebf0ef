//! What an answer that is no success means.
//!
//! LINE guarantees the status and the `error` code at most, so they decide; a known text only makes the kind more
//! precise. The body is the server's and may repeat what it was sent, so none of it reaches a message.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::{Error, ErrorKind, Moment, Operation, RequestId};

/// The codes of RFC 6749, sections 4.1.2.1 and 5.2. A code that is not among them is not shown: it could be anything.
const OAUTH_CODES: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
];

/// The error that an answer with a status other than 2xx stands for.
pub(crate) fn read(operation: Operation, response: &Response<Bytes>, received_at: Moment) -> Error {
    let status = response.status();
    let body: Map<String, Value> = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let code = text("error").and_then(|code| OAUTH_CODES.into_iter().find(|known| *known == code));
    let server_text = text("error_description").or_else(|| text("message"));
    let Meaning { kind, message, hint } = meaning(operation, status, code, server_text);
    let refusal = Refusal {
        message: Cow::Borrowed(message),
        hint,
        status: Some(status),
        oauth_code: code,
        request_id: request_id(response.headers()),
        retry_after: retry_after(response.headers(), received_at),
        server_text: server_text.map(printable),
    };
    Error::refused(kind, operation, refusal)
}

/// LINE's id for the call, where the header holds something printable of a sane length.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<RequestId> {
    let id = headers.get("x-line-request-id")?.to_str().ok()?;
    let sane = (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then(|| RequestId(id.into()))
}

struct Meaning {
    kind: ErrorKind,
    message: &'static str,
    hint: Option<&'static str>,
}

impl Meaning {
    fn new(kind: ErrorKind, message: &'static str) -> Self {
        Self { kind, message, hint: None }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

fn meaning(operation: Operation, status: StatusCode, code: Option<&str>, text: Option<&str>) -> Meaning {
    let says = |words: &str| text.is_some_and(|text| contains(text, words));
    match status.as_u16() {
        429 => Meaning::new(ErrorKind::RateLimited, "the rate limit of the channel is exceeded")
            .hint("cache tokens instead of issuing one per call, and try again later"),
        // A 408 is a server that gave up waiting for the rest of the request.
        408 | 500..=599 => server_failure(operation),
        400..=499 if says("maximum number of access tokens") => {
            Meaning::new(ErrorKind::TokenLimitReached, "the channel has 30 valid v2.1 tokens already, LINE's limit")
                .hint(
                    "revoke one or wait until one expires; tokens whose issue was never answered count too, and only \
                 expiry frees their places; key_ids lists all",
                )
        }
        404 if operation.takes_assertion() && says("channel key") => {
            Meaning::new(ErrorKind::UnknownAssertionKey, "no public key is registered under the assertion's kid").hint(
                "compare the kid with the one that the Console shows for this channel under \"Assertion Signing Key\"",
            )
        }
        404 | 405 => {
            Meaning::new(ErrorKind::Rejected, "the server does not know this endpoint").hint("check the base URL")
        }
        // Only LINE's own refusal is about the token; a proxy's 403 must not make anybody throw a good one away.
        400 if matches!(operation, Operation::Verify | Operation::VerifyJwt | Operation::Revoke)
            && code == Some("invalid_request") =>
        {
            token(operation, &says)
        }
        400 if operation == Operation::RevokeJwt && (says("not jws") || says("malformed")) => token(operation, &says),
        400..=499 if code == Some("invalid_client") && operation.takes_assertion() => assertion(operation, &says),
        401 => client(operation),
        400..=499 if code == Some("invalid_client") => client(operation),
        // What LINE answers to a wrong secret on the stateless endpoint.
        400 if code == Some("invalid_request")
            && says("invalid 'client_credentials'")
            && operation.path() == Operation::IssueStateless.path() =>
        {
            client(operation)
        }
        400..=499 => Meaning::new(ErrorKind::Rejected, "the server refused the request")
            .hint("the server's own words are in expose_server_text()"),
        300..=399 => {
            Meaning::new(ErrorKind::UnexpectedResponse, "the server answered with a redirect, which is not followed")
                .hint("give the final address as the base URL")
        }
        _ => Meaning::new(ErrorKind::UnexpectedResponse, "the server answered with an unexpected status"),
    }
}

fn server_failure(operation: Operation) -> Meaning {
    let failed = Meaning::new(ErrorKind::Server, "the server failed");
    if operation.is_repeatable() {
        failed
    } else {
        failed.hint("it may have issued a token all the same, so the call was not repeated")
    }
}

fn token(operation: Operation, says: &impl Fn(&str) -> bool) -> Meaning {
    if says("expired") {
        Meaning::new(ErrorKind::TokenExpired, "the access token has expired").hint("issue a new one")
    } else if says("revoked") {
        Meaning::new(ErrorKind::TokenRevoked, "the access token was revoked").hint("issue a new one")
    } else if says("not jws") {
        Meaning::new(ErrorKind::InvalidToken, "the access token is not a v2.1 token")
            .hint("verify and revoke are the methods for short-lived and long-lived tokens")
    } else {
        let invalid =
            Meaning::new(ErrorKind::InvalidToken, "the access token is unknown, revoked, expired or malformed");
        match operation {
            Operation::Verify | Operation::Revoke => invalid.hint(
                "verify_jwt and revoke_jwt are the methods for v2.1 tokens; stateless tokens can be neither verified \
                 nor revoked",
            ),
            _ => invalid,
        }
    }
}

fn assertion(operation: Operation, says: &impl Fn(&str) -> bool) -> Meaning {
    if says("iss and clientid of key do not match") {
        Meaning::new(ErrorKind::InvalidClient, "the assertion's kid belongs to a key of another channel")
            .hint("sign with the channel id under which the public key is registered")
    } else if says("invalid exp") {
        Meaning::new(ErrorKind::InvalidAssertion, "the assertion has expired or its exp is too far ahead")
            .hint("sign a fresh one, and compare this machine's clock with the time: LINE judges by its own")
    } else {
        let refused = Meaning::new(ErrorKind::InvalidAssertion, "the assertion was refused");
        if operation == Operation::IssueJwt {
            refused.hint(
                "issue_jwt needs an assertion with a token lifetime (token_exp; `sign_for`), and the key pair, the kid \
                 and the channel id must belong together; the server's own words are in expose_server_text()",
            )
        } else {
            refused.hint(
                "the key pair, the kid, the channel id and the claims must belong together; the server's own words are \
                 in expose_server_text()",
            )
        }
    }
}

fn client(operation: Operation) -> Meaning {
    let refused = Meaning::new(ErrorKind::InvalidClient, "the channel id or its credentials were refused");
    if operation.takes_assertion() {
        refused.hint("check the channel id, the kid and the key that belong together in the Console")
    } else {
        refused.hint("the Console shows both on the channel's \"Basic settings\" tab")
    }
}

/// Whether `text` contains `words`, which are in lower case, whatever the case of `text`.
fn contains(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len()).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
}

fn printable(text: &str) -> Box<str> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect::<String>().into()
}

fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.saturating_sub(now.unix))
}
