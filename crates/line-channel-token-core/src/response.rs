//! The nine answers, read without sending anything.
//!
//! Each function reads the answer to the request that the function of the same name in [`request`](crate::request)
//! builds. Unknown fields are ignored; a status other than 2xx becomes the [`Error`] that it stands for, whatever
//! the body holds.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde::Deserialize;

use crate::error::Refusal;
use crate::{
    AccessToken, ChannelId, Error, ErrorKind, IssuedToken, JwtToken, KeyIds, Operation, Revoked, ShortLivedToken,
    StatelessToken, Timing, TokenKeyId, VerifiedToken, refusal,
};

/// Reads the answer to [`request::issue`](crate::request::issue).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue(response: &Response<Bytes>, timing: Timing) -> Result<ShortLivedToken, Error> {
    Ok(ShortLivedToken(issued(Operation::Issue, response, timing)?))
}

/// Reads the answer to [`request::verify`](crate::request::verify).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn verify(response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    verified(Operation::Verify, response, timing)
}

/// Reads the answer to [`request::revoke`](crate::request::revoke).
///
/// # Errors
///
/// The refusal that the answer stands for.
pub fn revoke(response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    revoked(Operation::Revoke, response, timing)
}

/// Reads the answer to [`request::issue_stateless`](crate::request::issue_stateless).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_stateless(response: &Response<Bytes>, timing: Timing) -> Result<StatelessToken, Error> {
    Ok(StatelessToken(issued(Operation::IssueStateless, response, timing)?))
}

/// Reads the answer to [`request::issue_stateless_with_jwt`](crate::request::issue_stateless_with_jwt).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_stateless_with_jwt(response: &Response<Bytes>, timing: Timing) -> Result<StatelessToken, Error> {
    Ok(StatelessToken(issued(Operation::IssueStatelessWithJwt, response, timing)?))
}

/// Reads the answer to [`request::issue_jwt`](crate::request::issue_jwt).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn issue_jwt(response: &Response<Bytes>, timing: Timing) -> Result<JwtToken, Error> {
    let issued = issued(Operation::IssueJwt, response, timing)?;
    let KeyIdBody { key_id } = body(Operation::IssueJwt, response, timing)?;
    match TokenKeyId::new(&*key_id) {
        Ok(key_id) => Ok(JwtToken { issued, key_id }),
        Err(_) => Err(unexpected(Operation::IssueJwt, response, "key_id is empty or not visible ASCII")),
    }
}

/// Reads the answer to [`request::verify_jwt`](crate::request::verify_jwt).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn verify_jwt(response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    verified(Operation::VerifyJwt, response, timing)
}

/// Reads the answer to [`request::revoke_jwt`](crate::request::revoke_jwt).
///
/// # Errors
///
/// The refusal that the answer stands for.
pub fn revoke_jwt(response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    revoked(Operation::RevokeJwt, response, timing)
}

/// Reads the answer to [`request::key_ids`](crate::request::key_ids).
///
/// # Errors
///
/// The refusal that the answer stands for, or [`UnexpectedResponse`](ErrorKind::UnexpectedResponse).
pub fn key_ids(response: &Response<Bytes>, timing: Timing) -> Result<KeyIds, Error> {
    let body: KeyIdsBody<'_> = body(Operation::KeyIds, response, timing)?;
    let kids = body.kids.iter().map(|kid| TokenKeyId::new(&**kid)).collect::<Result<_, _>>();
    match kids {
        Ok(kids) => Ok(KeyIds { kids, request_id: refusal::request_id(response.headers()) }),
        Err(_) => Err(unexpected(Operation::KeyIds, response, "a kid is empty or not visible ASCII")),
    }
}

#[derive(Deserialize)]
struct IssuedBody<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    expires_in: u64,
    #[serde(borrow)]
    token_type: Cow<'a, str>,
}

/// What a v2.1 answer has besides; to the other families it is an unknown field.
#[derive(Deserialize)]
struct KeyIdBody<'a> {
    #[serde(borrow)]
    key_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct VerifiedBody<'a> {
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    expires_in: u64,
    #[serde(borrow, default)]
    scope: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct KeyIdsBody<'a> {
    #[serde(borrow)]
    kids: Vec<Cow<'a, str>>,
}

fn issued(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<IssuedToken, Error> {
    let body: IssuedBody<'_> = body(operation, response, timing)?;
    if !body.token_type.eq_ignore_ascii_case("bearer") {
        return Err(unexpected(operation, response, "token_type is not Bearer"));
    }
    let Ok(access_token) = AccessToken::new(&*body.access_token) else {
        return Err(unexpected(operation, response, "access_token is empty or not visible ASCII"));
    };
    Ok(IssuedToken {
        access_token,
        expires_in: Duration::from_secs(body.expires_in),
        timing,
        request_id: refusal::request_id(response.headers()),
    })
}

fn verified(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<VerifiedToken, Error> {
    let body: VerifiedBody<'_> = body(operation, response, timing)?;
    let Ok(channel_id) = ChannelId::new(&*body.client_id) else {
        return Err(unexpected(operation, response, "client_id is not a channel id"));
    };
    Ok(VerifiedToken {
        channel_id,
        expires_in: Duration::from_secs(body.expires_in),
        scope: body.scope.as_deref().unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect(),
        timing,
        request_id: refusal::request_id(response.headers()),
    })
}

fn revoked(operation: Operation, response: &Response<Bytes>, timing: Timing) -> Result<Revoked, Error> {
    if response.status().is_success() {
        Ok(Revoked { request_id: refusal::request_id(response.headers()) })
    } else {
        Err(refusal::read(operation, response, timing.received_at))
    }
}

fn body<'a, T: Deserialize<'a>>(
    operation: Operation,
    response: &'a Response<Bytes>,
    timing: Timing,
) -> Result<T, Error> {
    if !response.status().is_success() {
        return Err(refusal::read(operation, response, timing.received_at));
    }
    if response.body().is_empty() {
        return Err(unexpected(operation, response, "the body is empty"));
    }
    serde_json::from_slice(response.body())
        .map_err(|error| unexpected(operation, response, json_fault(&error).as_str()))
}

/// What serde_json says, less what it quotes from the body.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_data() {
        if text.starts_with("missing field") || text.starts_with("duplicate field") {
            return text;
        }
        // «invalid type: string "…", expected u64 at line 1 column 9»: what stands before may be a token.
        return match text.rsplit_once(", expected ") {
            Some((_, expected)) => format!("a field is not what was expected: {expected}"),
            None => "a field is not what was expected".to_owned(),
        };
    }
    format!("the body is not JSON, or is cut short (line {}, column {})", error.line(), error.column())
}

fn unexpected(operation: Operation, response: &Response<Bytes>, what: &str) -> Error {
    let hint = (!operation.is_repeatable()).then_some(
        "the server may have issued a token that nobody holds now; it counts towards the channel's 30 until it expires",
    );
    let refusal = Refusal {
        message: format!("the answer could not be understood: {what}").into(),
        hint,
        status: Some(response.status()),
        request_id: refusal::request_id(response.headers()),
        ..Refusal::default()
    };
    Error::refused(ErrorKind::UnexpectedResponse, operation, refusal)
}
