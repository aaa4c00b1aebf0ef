//! Error responses.

use std::time::Duration;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use line_channel_token::Error;
use serde::Serialize;

use crate::library_words::for_people;

/// `{"error":{"kind":"…","message":"what is wrong, and what to do"}}`. It shows no secret.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    status: StatusCode,
    kind: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Members<'a>,
}

#[derive(Serialize)]
struct Members<'a> {
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// When to ask again if nothing else is known.
const SOON: Duration = Duration::from_secs(5);

impl ErrorResponse {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), retry_after: None }
    }

    /// There is no token, and there may be one later.
    pub(super) fn unavailable(kind: &'static str, message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        let retry_after = Some(retry_after.unwrap_or(SOON).max(Duration::from_secs(1)));
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, message) }
    }
}

impl From<Error> for ErrorResponse {
    fn from(error: Error) -> Self {
        Self::unavailable(error.kind().as_str(), for_people(&error.to_string()), error.retry_after())
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let seconds = self.retry_after.map(|delay| delay.as_secs_f64().ceil() as u64);
        let members = Members { kind: self.kind, message: &self.message, retry_after_seconds: seconds };
        let mut response = (self.status, Json(Body { error: members })).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
