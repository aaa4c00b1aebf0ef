//! The nine responses, parsed without sending anything.
//!
//! Each function parses the response to the request that the function of the same name in [`request`](crate::request)
//! builds. Unknown fields are ignored; a status other than 2xx becomes the [`Error`] that it stands for, whatever
//! the body holds.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::error::Details;
use crate::json_object::JsonObject;
use crate::response_body::Foreign;
use crate::{
    AccessToken, ChannelId, Error, ErrorKind, IssuedToken, JwtToken, KeyIds, Operation, RequestId, Revoked,
    ShortLivedToken, StatelessToken, Timing, TokenKeyId, VerifiedToken, error_response,
};

/// The longest lifetime of a short-lived and of a v2.1 token: 30 days (LINE's reference).
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The longest lifetime of a stateless token: 15 minutes (LINE's reference).
const MAX_STATELESS_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// More than any token has: a long-lived one shows about a hundred years. An addition to a moment does not overflow with it.
const MAX_REMAINING_LIFETIME: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);

/// Parses the response to [`request::issue`](crate::request::issue).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue(response: &Response<Bytes>, timing: Timing) -> Result<ShortLivedToken, Error> {
    value(Operation::Issue, response, timing, |body| {
        Ok(ShortLivedToken(issued(&body, response, timing, MAX_LIFETIME)?))
    })
}

/// Parses the response to [`request::verify`](crate::request::verify).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn verify(response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    verified(Operation::Verify, response, timing)
}

/// Parses the response to [`request::revoke`](crate::request::revoke).
///
/// # Errors
///
/// The error that the response stands for.
pub fn revoke(response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    revoked(Operation::Revoke, response, timing)
}

/// Parses the response to [`request::issue_stateless`](crate::request::issue_stateless).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_stateless(response: &Response<Bytes>, timing: Timing) -> Result<StatelessToken, Error> {
    stateless(Operation::IssueStateless, response, timing)
}

/// Parses the response to [`request::issue_stateless_with_jwt`](crate::request::issue_stateless_with_jwt).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_stateless_with_jwt(response: &Response<Bytes>, timing: Timing) -> Result<StatelessToken, Error> {
    stateless(Operation::IssueStatelessWithJwt, response, timing)
}

/// Parses the response to [`request::issue_jwt`](crate::request::issue_jwt).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_jwt(response: &Response<Bytes>, timing: Timing) -> Result<JwtToken, Error> {
    let read = |body: JsonObject<'_>| {
        let issued = issued(&body, response, timing, MAX_LIFETIME)?;
        let key_id = body.text("key_id")?;
        let key_id = TokenKeyId::from_server(&key_id).map_err(|_| "key_id is empty or not visible ASCII")?;
        Ok(JwtToken { issued, key_id })
    };
    value(Operation::IssueJwt, response, timing, read)
}

/// Parses the response to [`request::verify_jwt`](crate::request::verify_jwt).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn verify_jwt(response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    verified(Operation::VerifyJwt, response, timing)
}

/// Parses the response to [`request::revoke_jwt`](crate::request::revoke_jwt).
///
/// # Errors
///
/// The error that the response stands for.
pub fn revoke_jwt(response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    revoked(Operation::RevokeJwt, response, timing)
}

/// Parses the response to [`request::key_ids`](crate::request::key_ids).
///
/// # Errors
///
/// The error that the response stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn key_ids(response: &Response<Bytes>, timing: Timing) -> Result<KeyIds, Error> {
    let read = |body: JsonObject<'_>| {
        let kids = body.texts("kids")?;
        let kids = kids.iter().map(|kid| TokenKeyId::from_server(kid)).collect::<Result<_, _>>();
        let kids = kids.map_err(|_| "one of kids is empty or not visible ASCII")?;
        Ok(KeyIds { kids, request_id: RequestId::of(response.headers()) })
    };
    value(Operation::KeyIds, response, timing, read)
}

/// What is wrong with a body, which never quotes it.
type Fault = String;

fn issued(
    body: &JsonObject<'_>,
    response: &Response<Bytes>,
    timing: Timing,
    max_life: Duration,
) -> Result<IssuedToken, Fault> {
    let access_token = body.text("access_token")?;
    let expires_in = Duration::from_secs(body.seconds("expires_in")?);
    if !body.text("token_type")?.eq_ignore_ascii_case("bearer") {
        return Err("token_type is not Bearer".to_owned());
    }
    let access_token =
        AccessToken::from_server(&access_token).map_err(|_| "access_token is empty or not visible ASCII")?;
    Ok(IssuedToken {
        access_token,
        // A longer one would keep a dead token in use.
        expires_in: expires_in.min(max_life),
        timing,
        request_id: RequestId::of(response.headers()),
    })
}

fn stateless(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<StatelessToken, Error> {
    value(operation, response, timing, |body| {
        Ok(StatelessToken(issued(&body, response, timing, MAX_STATELESS_LIFETIME)?))
    })
}

fn verified(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    value(operation, response, timing, |body| {
        let client_id = body.text("client_id")?;
        let channel_id = ChannelId::new(&*client_id).map_err(|_| "client_id is not a channel id")?;
        let scope = body.optional_text("scope")?;
        Ok(VerifiedToken {
            channel_id,
            expires_in: Duration::from_secs(body.seconds("expires_in")?).min(MAX_REMAINING_LIFETIME),
            scope: scope.as_deref().unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect(),
            timing,
            request_id: RequestId::of(response.headers()),
        })
    })
}

/// Done only if the server says so: a gateway's page, a status for something to come or a part of a body do not.
fn revoked(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    if !response.status().is_success() {
        return Err(error_response::error(operation, response, timing.received_at));
    }
    if response.status() != StatusCode::OK {
        return Err(unexpected(operation, response, "the status does not say that the token was revoked, as 200 does"));
    }
    if !response.body().trim_ascii().is_empty() {
        let body = object(response).map_err(|fault| unexpected(operation, response, &fault))?;
        if body.is_error() {
            return Err(unexpected(operation, response, "the body is an error, although the status is 200"));
        }
    }
    Ok(Revoked { request_id: RequestId::of(response.headers()) })
}

/// The value in the body of a success.
fn value<T>(
    operation: Operation,
    response: &Response<Bytes>,
    timing: Timing,
    read: impl FnOnce(JsonObject<'_>) -> Result<T, Fault>,
) -> Result<T, Error> {
    if !response.status().is_success() {
        return Err(error_response::error(operation, response, timing.received_at));
    }
    object(response).and_then(read).map_err(|fault| unexpected(operation, response, &fault))
}

fn object(response: &Response<Bytes>) -> Result<JsonObject<'_>, Fault> {
    if response.body().trim_ascii().is_empty() {
        return Err("the body is empty".to_owned());
    }
    JsonObject::parse(response.body()).map_err(|error| match Foreign::of(response.headers(), response.body()) {
        Some(foreign) => format!("the body {}", foreign.description()),
        None if error.is_eof() => "the body is cut short".to_owned(),
        None if error.is_data() => "the body is JSON, but not an object".to_owned(),
        None => format!("the body is not JSON (line {}, column {})", error.line(), error.column()),
    })
}

fn unexpected(operation: Operation, response: &Response<Bytes>, what: &str) -> Error {
    let hint = (!operation.is_idempotent()).then_some(
        "the server may have issued a token that nobody holds now; it counts towards the channel's 30 until it expires",
    );
    let response = Details {
        message: format!("the response could not be parsed: {what}").into(),
        hint: hint.map(Into::into),
        status: Some(response.status()),
        request_id: RequestId::of(response.headers()),
        ..Details::default()
    };
    Error::response(ErrorKind::UnexpectedResponse, operation, response)
}
