//! Parameters that several endpoints take, and the responses if they are missing or wrong.

use std::borrow::Cow;

use crate::error_bodies;
use crate::form::Form;
use crate::response::ErrorResponse;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The response to parameters that are missing or wrong.
pub(crate) fn invalid(reason: impl Into<Cow<'static, str>>) -> ErrorResponse {
    ErrorResponse::bad_request(error_bodies::PARAMETERS, reason)
}

/// A parameter that must be sent once and not be empty.
pub(crate) fn required<'a>(form: &'a Form<'_>, name: &str) -> Result<&'a str, ErrorResponse> {
    form.one(name).map_err(invalid)
}

/// A parameter that may be left out, and is otherwise as a [`required`] one.
pub(crate) fn optional<'a>(form: &'a Form<'_>, name: &str) -> Result<Option<&'a str>, ErrorResponse> {
    form.has(name).then(|| required(form, name)).transpose()
}

/// Checks `grant_type`, for v3 and v2.1 alike.
pub(crate) fn grant_type(form: &Form<'_>) -> Result<(), ErrorResponse> {
    if required(form, "grant_type")? == "client_credentials" {
        return Ok(());
    }
    Err(ErrorResponse::bad_request(error_bodies::GRANT_TYPE, "grant_type must be client_credentials"))
}

/// The assertion, for every endpoint that takes one.
pub(crate) fn client_assertion<'a>(form: &'a Form<'_>) -> Result<&'a str, ErrorResponse> {
    if required(form, "client_assertion_type")? != ASSERTION_TYPE {
        return Err(invalid(format!("client_assertion_type must be {ASSERTION_TYPE}")));
    }
    required(form, "client_assertion")
}
