//! The error that a response stands for, if it is no success.
//!
//! The body is the server's and may repeat what it was sent: none of it reaches a message.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Response};

use crate::classification::{Classification, Seen};
use crate::error::Details;
use crate::json_object::JsonObject;
use crate::response_body::{BodyForm, Foreign};
use crate::{Error, Moment, Operation, RequestId};

/// The codes of RFC 6749 (4.1.2.1 and 5.2), RFC 6750 (3.1) and RFC 7009 (2.2.1). A code that is not among them is not shown: it could
/// be anything.
const OAUTH_CODES: [&str; 13] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "invalid_token",
    "insufficient_scope",
    "unsupported_token_type",
];

/// The longest delay that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The error that a response with a status other than 2xx stands for.
pub(crate) fn error(operation: Operation, response: &Response<Bytes>, received_at: Moment) -> Error {
    let (status, headers, body) = (response.status(), response.headers(), response.body());
    let object = JsonObject::parse(body).ok();
    let code = object.as_ref().and_then(|body| body.optional_text("error").ok().flatten());
    let code = code.and_then(|code| OAUTH_CODES.into_iter().find(|known| *known == &*code));
    let text = object.as_ref().and_then(|body| text(body, "error_description").or_else(|| text(body, "message")));
    let details = object.as_ref().map(details).unwrap_or_default();
    let form = match &object {
        Some(object) if code.is_some() || (!object.has("error") && text.is_some() && !of_a_gateway(object)) => {
            BodyForm::Lines
        }
        Some(_) => BodyForm::OtherJson,
        None if body.trim_ascii().is_empty() => BodyForm::Empty,
        None => Foreign::of(headers, body).map_or(BodyForm::OtherText, BodyForm::Foreign),
    };
    let demands_login = headers.contains_key(WWW_AUTHENTICATE);
    let seen = Seen { operation, status, code, text: text.as_deref(), form, demands_login };
    let Classification { kind, message, hint, cites_text } = seen.classify();
    let server_text = server_text(text, &details);
    let cited = (cites_text && server_text.is_some()).then_some("the server's own words are in expose_server_text()");
    let hint = match (hint, cited) {
        (Some(hint), Some(cited)) => Some(Cow::Owned(format!("{hint}; {cited}"))),
        (hint, cited) => hint.or(cited).map(Cow::Borrowed),
    };
    let response = Details {
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

/// Whether an object with a `message` has a member that LINE's errors do not have, and those of gateways and frameworks do.
fn of_a_gateway(object: &JsonObject<'_>) -> bool {
    ["fault", "errors", "title", "timestamp", "exception", "code", "status"]
        .into_iter()
        .any(|member| object.has(member))
}

fn text(object: &JsonObject<'_>, name: &str) -> Option<String> {
    object.optional_text(name).ok().flatten().map(|text| text.to_owned()).filter(|text| !text.trim().is_empty())
}

/// What LINE's `details` say, up to ten of them.
fn details(body: &JsonObject<'_>) -> String {
    let details = body.get("details").ok().flatten().and_then(|details| details.items()).unwrap_or_default();
    let details = details.into_iter().filter_map(|detail| {
        let detail = detail.object()?;
        match (text(&detail, "property"), text(&detail, "message")) {
            (Some(property), Some(message)) => Some(format!("{property}: {message}")),
            (property, message) => property.or(message),
        }
    });
    details.take(10).collect::<Vec<_>>().join(", ")
}

/// The server's own words: `error_description` or `message`, and what `details` adds to it.
fn server_text(text: Option<String>, details: &str) -> Option<Box<str>> {
    let text = match (text, details.is_empty()) {
        (text, true) => text,
        (Some(text), false) => Some(format!("{text} ({details})")),
        (None, false) => Some(details.to_owned()),
    };
    text.map(|text| printable(&text))
}

fn printable(text: &str) -> Box<str> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect::<String>().into()
}

/// The delay that the server asks for: a day at most, whatever it says.
fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let delay = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(UNIX_EPOCH).ok()?.saturating_sub(now.unix)
    };
    Some(delay.min(MAX_RETRY_AFTER))
}
