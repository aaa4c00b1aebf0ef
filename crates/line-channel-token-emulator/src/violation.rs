//! A rule that a request or an assertion breaks: what was found, and what to change.

use std::borrow::Cow;

use http::StatusCode;

use crate::error_bodies::ErrorBody;
use crate::response::ErrorResponse;

/// What a rule found wrong. It becomes a response, or a finding of an inspection.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
    pub(crate) found: Cow<'static, str>,
    pub(crate) advice: Cow<'static, str>,
}

impl Violation {
    /// One that gets 400.
    pub(crate) fn new(
        body: ErrorBody,
        found: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body, found: found.into(), advice: advice.into() }
    }
}

impl From<Violation> for ErrorResponse {
    fn from(violation: Violation) -> Self {
        let Violation { status, body, found, advice } = violation;
        Self::new(status, body, format!("{found}: {advice}"))
    }
}
