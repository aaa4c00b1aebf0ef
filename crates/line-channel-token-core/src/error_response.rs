//! What a response that is no success means.
//!
//! What was sent is known, so the operation, the status and the `error` code together already say most, and they decide; LINE
//! guarantees no text, so a known one only makes the kind more precise. The body is the server's and may repeat what it was sent:
//! none of it reaches a message.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};

use crate::error::ErrorResponse;
use crate::json_object::JsonObject;
use crate::mistaken::contains_ignoring_case;
use crate::response_body::Foreign;
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

/// The longest wait that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The error that a response with a status other than 2xx stands for.
pub(crate) fn error(operation: Operation, response: &Response<Bytes>, received_at: Moment) -> Error {
    let (status, headers, body) = (response.status(), response.headers(), response.body());
    let object = JsonObject::parse(body).ok();
    let code = object.as_ref().and_then(|body| body.optional_text("error").ok().flatten());
    let code = code.and_then(|code| OAUTH_CODES.into_iter().find(|known| *known == &*code));
    let server_text = object.as_ref().and_then(server_text);
    let foreign = Foreign::of(headers, body);
    let seen = Seen { operation, status, code, text: server_text.as_deref(), is_json: object.is_some(), foreign };
    let Classification { kind, message, hint, cites_text } = seen.classify();
    let cited = (cites_text && server_text.is_some()).then_some("the server's own words are in expose_server_text()");
    let hint = match (hint, cited) {
        (Some(hint), Some(cited)) => Some(Cow::Owned(format!("{hint}; {cited}"))),
        (hint, cited) => hint.or(cited).map(Cow::Borrowed),
    };
    let response = ErrorResponse {
        message,
        hint,
        status: Some(status),
        oauth_code: code,
        request_id: RequestId::of(headers),
        retry_after: retry_after(headers, received_at),
        server_text,
    };
    Error::response(kind, operation, response)
}

/// What classifies a response.
struct Seen<'a> {
    operation: Operation,
    status: StatusCode,
    code: Option<&'static str>,
    text: Option<&'a str>,
    is_json: bool,
    foreign: Option<Foreign>,
}

struct Classification {
    kind: ErrorKind,
    message: Cow<'static, str>,
    hint: Option<&'static str>,
    /// Whether the server's words, if there are any, help.
    cites_text: bool,
}

fn meaning(kind: ErrorKind, message: &'static str) -> Classification {
    Classification { kind, message: Cow::Borrowed(message), hint: None, cites_text: false }
}

impl Classification {
    fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn citing(self) -> Self {
        Self { cites_text: true, ..self }
    }
}

impl Seen<'_> {
    fn says(&self, words: &[&str]) -> bool {
        self.text.is_some_and(|text| contains_ignoring_case(text, words))
    }

    fn classify(&self) -> Classification {
        match self.status.as_u16() {
            429 => meaning(ErrorKind::RateLimited, "the rate limit of the channel is exceeded")
                .hint("cache tokens instead of issuing one per call, and try again later"),
            // A 408 is a server that gave up waiting for the rest of the request.
            408 | 500..=599 => self.server_failure(),
            300..=399 => {
                meaning(ErrorKind::UnexpectedResponse, "the server responded with a redirect, which is not followed")
                    .hint("give the final address as the base URL; a captive portal redirects too")
            }
            407 => meaning(ErrorKind::Rejected, "a proxy demands that the request authenticates itself to it")
                .hint("give the proxy's user name and password with its address"),
            404 if self.operation.takes_assertion() && self.is_json && !self.says(&["route", "endpoint", "path"]) => {
                meaning(ErrorKind::UnknownAssertionKey, "no public key is registered under the assertion's kid").hint(
                    "compare the kid with the one that the Console shows for this channel under \"Assertion Signing Key\"; \
                     if calls without an assertion fail as well, check the base URL",
                )
            }
            404 | 405 => {
                meaning(ErrorKind::Rejected, "the server does not know this endpoint").hint("check the base URL").citing()
            }
            // Never about the token or the credentials: nobody must throw a good one away because of a proxy.
            400..=499 if self.foreign.is_some() => self.gateway(),
            400..=499 => self.refusal(),
            _ => meaning(ErrorKind::UnexpectedResponse, "the server responded with an unexpected status"),
        }
    }

    fn server_failure(&self) -> Classification {
        let failed = meaning(ErrorKind::Server, "the server failed");
        if self.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
            failed.hint("a captive portal demands a login first")
        } else if self.operation.is_repeatable() {
            failed
        } else {
            failed.hint("it may have issued a token all the same, so the call was not repeated")
        }
    }

    fn gateway(&self) -> Classification {
        let page = self.foreign.map(Foreign::description).unwrap_or_default();
        Classification {
            message: Cow::Owned(format!("the request was refused, though not by LINE: the body {page}")),
            ..meaning(ErrorKind::Rejected, "")
                .hint("ask whoever runs the network or the gateway to let requests to LINE pass")
        }
    }

    /// A refusal by LINE, as far as can be told.
    fn refusal(&self) -> Classification {
        use Operation as O;
        let other = || meaning(ErrorKind::Rejected, "the server refused the request").citing();
        match (self.status.as_u16(), self.code, self.operation) {
            _ if self.says(&["maximum number of access tokens"]) => token_limit(),
            (413, ..) => meaning(ErrorKind::Rejected, "the request is larger than the server accepts").citing(),
            // What was sent is the same each time but for the values, so these are not about the values.
            (_, Some("unsupported_grant_type" | "invalid_scope"), _) => other(),
            _ if self.says(&["content type", "content-type", "retry-key", "retry key", "grant_type"]) => other(),
            // Beside a token these carry nothing that could be wrong.
            (400, _, O::Verify | O::VerifyJwt | O::Revoke) if self.is_json => self.token(),
            (400, Some("invalid_request"), O::RevokeJwt) if self.says(&["token", "jws", "malformed"]) => self.token(),
            (_, Some("invalid_client" | "unauthorized_client"), operation) if !operation.takes_assertion() => {
                self.client()
            }
            (400, Some("invalid_request" | "invalid_grant"), O::Issue | O::IssueStateless | O::RevokeJwt) => {
                self.client()
            }
            (_, Some("invalid_client"), _) | (400, Some("invalid_request" | "invalid_grant"), _) => self.assertion(),
            // The limit has no code, and the request's other parts no message that would not name them.
            (400, None, O::IssueJwt) if self.text.is_some() && !self.says_otherwise() => token_limit(),
            (401, _, O::Verify | O::VerifyJwt | O::Revoke) => {
                other().hint("LINE asks for no credentials here: is there a gateway between that does?")
            }
            (401, ..) => self.client(),
            _ => other(),
        }
    }

    /// Whether a message without a code, sent for a v2.1 issue, is about something else than the limit of 30.
    fn says_otherwise(&self) -> bool {
        self.says(&[
            "body",
            "header",
            "parameter",
            "parse",
            "property",
            "missing",
            "required",
            "invalid",
            "not supported",
            "key",
            "plan",
            "rate limit",
            "authenti",
            "authori",
            "not available",
            "maintenance",
            "suspend",
            "restrict",
        ])
    }

    fn token(&self) -> Classification {
        if self.says(&["expired"]) {
            meaning(ErrorKind::TokenExpired, "the access token has expired").hint("issue a new one")
        } else if self.says(&["revoked"]) {
            meaning(ErrorKind::TokenRevoked, "the access token was revoked").hint("issue a new one")
        } else if self.says(&["jws"]) {
            meaning(ErrorKind::InvalidToken, "the access token is not a v2.1 token")
                .hint("verify and revoke are the methods for short-lived and long-lived tokens")
        } else {
            let invalid =
                meaning(ErrorKind::InvalidToken, "the access token is unknown, revoked, expired or malformed");
            match self.operation {
                Operation::Verify | Operation::Revoke => invalid.hint(
                    "verify_jwt and revoke_jwt are the methods for v2.1 tokens; stateless tokens can be neither verified \
                     nor revoked",
                ),
                _ => invalid.hint(
                    "verify and revoke are the methods for short-lived and long-lived tokens; stateless tokens can be \
                     neither verified nor revoked",
                ),
            }
        }
    }

    fn assertion(&self) -> Classification {
        if self.says(&["iss and clientid of key do not match"]) {
            meaning(ErrorKind::InvalidClient, "the assertion's kid belongs to a key of another channel")
                .hint("sign with the channel id under which the public key is registered")
        } else if self.says(&["invalid exp", "exp is", "exp claim", "assertion expired", "assertion has expired"]) {
            meaning(ErrorKind::InvalidAssertion, "the assertion has expired or its exp is too far ahead")
                .hint("sign a fresh one, and compare this machine's clock with the time: LINE judges by its own")
        } else if self.operation == Operation::IssueJwt {
            meaning(ErrorKind::InvalidAssertion, "the assertion was refused").citing().hint(
                "issue_jwt needs an assertion with a token lifetime (token_exp; `sign_for`), and the key pair, the kid \
                 and the channel id must belong together",
            )
        } else {
            meaning(ErrorKind::InvalidAssertion, "the assertion was refused")
                .citing()
                .hint("the key pair, the kid, the channel id and the claims must belong together")
        }
    }

    fn client(&self) -> Classification {
        if self.operation.takes_assertion() {
            return meaning(ErrorKind::InvalidClient, "the channel id or its credentials were refused")
                .hint("check the channel id, the kid and the key that belong together in the Console");
        }
        let message = if self.says(&["client_id", "channel id", "wrong format"]) {
            "the channel id was refused"
        } else if self.says(&["client_secret", "channel secret"]) {
            "the channel secret was refused"
        } else {
            "the channel id or the channel secret was refused"
        };
        meaning(ErrorKind::InvalidClient, message)
            .hint("the Console shows both on the channel's \"Basic settings\" tab")
    }
}

fn token_limit() -> Classification {
    meaning(ErrorKind::TokenLimitReached, "the channel has 30 valid v2.1 tokens already, LINE's limit").hint(
        "revoke one or wait until one expires; tokens whose issue was never answered count too, and only expiry frees their \
         slots; key_ids lists all",
    )
}

/// The server's own words: `error_description` or `message`, and what `details` adds to it.
fn server_text(body: &JsonObject<'_>) -> Option<Box<str>> {
    let text = |object: &JsonObject<'_>, name| object.optional_text(name).ok().flatten().map(|text| text.to_owned());
    let details = body.get("details").ok().flatten().and_then(|details| details.items()).unwrap_or_default();
    let details = details.into_iter().filter_map(|detail| {
        let detail = detail.object()?;
        match (text(&detail, "property"), text(&detail, "message")) {
            (Some(property), Some(message)) => Some(format!("{property}: {message}")),
            (property, message) => property.or(message),
        }
    });
    let details = details.take(10).collect::<Vec<_>>().join(", ");
    let text = text(body, "error_description").or_else(|| text(body, "message"));
    match (text, details.is_empty()) {
        (text, true) => text,
        (Some(text), false) => Some(format!("{text} ({details})")),
        (None, false) => Some(details),
    }
    .filter(|text| !text.trim().is_empty())
    .map(|text| printable(&text))
}

fn printable(text: &str) -> Box<str> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect::<String>().into()
}

/// How long the server asks to wait: a day at most, whatever it says.
fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(UNIX_EPOCH).ok()?.saturating_sub(now.unix)
    };
    Some(wait.min(MAX_RETRY_AFTER))
}
