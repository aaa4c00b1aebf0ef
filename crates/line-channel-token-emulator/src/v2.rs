//! `/v2/oauth/*`: short-lived tokens, issued for the channel secret, and long-lived ones, which the Console issues.

use std::time::Duration;

use crate::form::Form;
use crate::parameters::{invalid, required};
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, Success};
use crate::token_family::TokenFamily;
use crate::token_format::not_short_lived;
use crate::token_status::TokenStatus;
use crate::{client_auth, error_bodies, random};

/// The lifetime of a v2 token, in seconds: 30 days.
const LIFETIME: u64 = 2_592_000;

/// `POST /v2/oauth/accessToken`.
pub(crate) fn issue(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    if required(form, "grant_type")? != "client_credentials" {
        return Err(invalid("grant_type must be client_credentials"));
    }
    let channel = client_auth::by_secret(context, form)?;
    let token = random::short_lived_token()?;
    context.shared.tokens().add_short_lived(&channel, &token, Duration::from_secs(LIFETIME), context.now);
    Ok(Success::Json(format!(r#"{{"access_token":"{token}","expires_in":{LIFETIME},"token_type":"Bearer"}}"#)))
}

/// `POST /v2/oauth/verify`.
pub(crate) fn verify(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    let token =
        form.one("access_token").map_err(|reason| ErrorResponse::bad_request(error_bodies::V2_FORMAT, reason))?;
    let status = context.token_status(TokenFamily::V2, token)?;
    if let (TokenStatus::Unknown, Some(reason)) = (&status, not_short_lived(token)) {
        return Err(ErrorResponse::bad_request(error_bodies::V2_FORMAT, reason));
    }
    let refused = |reason| Err(ErrorResponse::bad_request(error_bodies::V2_INVALID, reason));
    match status {
        TokenStatus::Unknown => refused("the token was not issued here"),
        TokenStatus::Revoked(_) => refused("the token was revoked, by a request or because newer ones replaced it"),
        TokenStatus::Expired(_) => refused("the token has expired"),
        TokenStatus::Live(channel, seconds) => Ok(channel.verified(seconds)),
    }
}

/// `POST /v2/oauth/revoke`.
pub(crate) fn revoke(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    let malformed = |reason: String| ErrorResponse::bad_request(error_bodies::V2_REVOKE_FORMAT, reason);
    let token = form.one("access_token").map_err(malformed)?;
    let status = context.token_status(TokenFamily::V2, token)?;
    if let (TokenStatus::Unknown, Some(reason)) = (&status, not_short_lived(token)) {
        return Err(malformed(reason.to_owned()));
    }
    context.shared.tokens().revoke(TokenFamily::V2, token, context.time);
    Ok(Success::Empty)
}
