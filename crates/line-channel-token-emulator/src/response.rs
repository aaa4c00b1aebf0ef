//! An endpoint's response, and the HTTP response that it becomes.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName};
use http::{HeaderValue, Response, StatusCode};

use crate::error_bodies::{self, ErrorBody};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-line-request-id");

/// A 200.
#[derive(Debug)]
pub(crate) enum Success {
    /// JSON, written by hand in LINE's field order: its values are digits and base64, which need no escaping.
    Json(String),
    Empty,
}

/// Any response but a 200: what is sent, and a longer reason for the log.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
    pub(crate) reason: Cow<'static, str>,
    /// `Allow`, `Retry-After` or `WWW-Authenticate`, for the statuses that have one.
    pub(crate) header: Option<Box<(HeaderName, HeaderValue)>>,
    /// Whether the connection must be closed, because the rest of the request was not read.
    pub(crate) close: bool,
}

impl ErrorResponse {
    pub(crate) fn new(status: StatusCode, body: ErrorBody, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, body, reason: reason.into(), header: None, close: false }
    }

    pub(crate) fn with_header(self, header: (HeaderName, HeaderValue)) -> Self {
        Self { header: Some(Box::new(header)), ..self }
    }

    pub(crate) fn bad_request(body: ErrorBody, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, body, reason)
    }

    pub(crate) fn no_randomness() -> Self {
        let reason = "the machine's random number generator failed";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error_bodies::NO_RANDOMNESS, reason)
    }
}

/// The HTTP response. A HEAD gets the headers and no body.
pub(crate) fn response(
    outcome: &Result<Success, ErrorResponse>,
    head: bool,
    request_id: &str,
    date: Option<HeaderValue>,
) -> Response<Bytes> {
    let (status, body) = match outcome {
        Ok(Success::Json(json)) => (StatusCode::OK, Bytes::copy_from_slice(json.as_bytes())),
        Ok(Success::Empty) => (StatusCode::OK, Bytes::new()),
        Err(error) => (error.status, Bytes::from(error.body.to_string())),
    };
    let length = body.len();
    let mut response = Response::new(if head { Bytes::new() } else { body });
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if length > 0 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(date) = date {
        headers.insert(DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Err(error) = outcome {
        if let Some((name, value)) = error.header.as_deref() {
            headers.insert(name, value.clone());
        }
        if error.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// A text of the request for a reason: escaped, and cut at 64 characters.
pub(crate) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(64).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn shown_text_is_escaped_and_cut() {
        assert_eq!(shown("a\nb"), r#""a\nb""#);
        assert_eq!(shown(&"x".repeat(65)), format!("\"{}\"…", "x".repeat(64)));
    }
}
