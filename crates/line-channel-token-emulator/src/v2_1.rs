//! `/oauth2/v2.1/*`: tokens of a chosen lifetime, issued for an assertion.

use std::time::Duration;

use crate::form::Form;
use crate::leniency::Evidence;
use crate::numeric_claims::token_lifetime;
use crate::parameters::{grant_type, required};
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, Success};
use crate::token_family::TokenFamily;
use crate::token_format::{JwsShape, jws_shape};
use crate::token_status::TokenStatus;
use crate::token_store::TokenLimitReached;
use crate::{client_auth, error_bodies, random};

/// `POST /oauth2/v2.1/token`.
pub(crate) fn issue(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    grant_type(form)?;
    let (channel, claims) = client_auth::by_assertion(context, form)?;
    let seconds = token_lifetime(&claims, &context.shared.settings.leniency)?;
    let token = random::jws_token()?;
    let key_id = random::key_id()?;
    let lifetime = Duration::from_secs(seconds.into());
    context.shared.tokens().add_jwt(&channel, &token, &key_id, lifetime, context.now).map_err(|TokenLimitReached| {
        let reason = "the channel has 30 valid v2.1 tokens: revoke one, or wait until one expires";
        ErrorResponse::bad_request(error_bodies::TOKEN_LIMIT, reason)
    })?;
    Ok(Success::Json(format!(
        r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{seconds},"key_id":"{key_id}"}}"#
    )))
}

/// `GET /oauth2/v2.1/verify`.
pub(crate) fn verify(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    let token = required(form, "access_token")?;
    check_shape(token).map_err(|error| match context.shared.settings.leniency.unparsable_jwt {
        Evidence::Documented => error,
        Evidence::Observed => ErrorResponse { body: error_bodies::FAILED_TO_PARSE, ..error },
    })?;
    let refused = |body, reason| Err(ErrorResponse::bad_request(body, reason));
    match context.token_status(TokenFamily::V2_1, token)? {
        TokenStatus::Unknown => {
            refused(error_bodies::JWT_UNKNOWN, "the token was not issued here; stateless tokens cannot be verified")
        }
        TokenStatus::Revoked(_) => refused(error_bodies::JWT_REVOKED, "the token was revoked"),
        TokenStatus::Expired(_) => refused(error_bodies::JWT_EXPIRED, "the token has expired"),
        TokenStatus::Live(channel, seconds) => Ok(channel.verified(seconds)),
    }
}

/// `POST /oauth2/v2.1/revoke`.
pub(crate) fn revoke(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    let client = client_auth::by_secret(context, form)?;
    let token = required(form, "access_token")?;
    check_shape(token)?;
    let mut tokens = context.shared.tokens();
    if let TokenStatus::Live(owner, _) = tokens.status(TokenFamily::V2_1, token, context.time)
        && owner != client
    {
        let reason = "the token was issued to another channel, which alone can revoke it";
        return Err(ErrorResponse::bad_request(error_bodies::JWT_OF_ANOTHER_CHANNEL, reason));
    }
    tokens.revoke(TokenFamily::V2_1, token, context.time);
    Ok(Success::Empty)
}

fn check_shape(token: &str) -> Result<(), ErrorResponse> {
    match jws_shape(token) {
        JwsShape::WellFormed => Ok(()),
        JwsShape::NotJws => {
            let reason = "the token is not three parts with dots between: is it a v2 token?";
            Err(ErrorResponse::bad_request(error_bodies::JWT_NOT_JWS, reason))
        }
        JwsShape::Malformed => {
            let reason = "the token has three parts, but they are not those of a JWS";
            Err(ErrorResponse::bad_request(error_bodies::JWT_MALFORMED, reason))
        }
    }
}

/// `GET /oauth2/v2.1/tokens/kid`.
pub(crate) fn key_ids(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Success, ErrorResponse> {
    let (channel, _) = client_auth::by_assertion(context, form)?;
    let kids: Vec<String> =
        context.shared.tokens().key_ids(&channel, context.now).iter().map(|kid| format!("\"{kid}\"")).collect();
    Ok(Success::Json(format!(r#"{{"kids":[{}]}}"#, kids.join(","))))
}
