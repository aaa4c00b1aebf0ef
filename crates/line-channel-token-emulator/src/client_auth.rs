//! How a client proves which channel it is: by the channel secret or by an assertion.

use std::sync::Arc;

use http::StatusCode;

use crate::assertion::UnverifiedAssertion;
use crate::claims::{self, ClaimRules};
use crate::error_bodies::{self, ErrorBody};
use crate::form::Form;
use crate::json_object::JsonObject;
use crate::leniency::Evidence;
use crate::live_channel::Channel;
use crate::parameters::{client_assertion, optional, required};
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, shown};

/// The channel whose id and secret the form holds, with the error responses that LINE documents for `/v2/oauth/accessToken`.
pub(crate) fn by_secret(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Arc<Channel>, ErrorResponse> {
    let id = required(form, "client_id")?;
    let secret = required(form, "client_secret")?;
    let documented = if is_decimal(id) { error_bodies::CLIENT_ID } else { error_bodies::PARAMETERS };
    let channel = find_channel(context, id, documented)?;
    check_secret(&channel, secret, error_bodies::CLIENT_SECRET)?;
    Ok(channel)
}

/// The same with the one error response that LINE documents for `/oauth2/v3/token`.
pub(crate) fn by_secret_v3(context: &mut RequestContext<'_>, form: &Form<'_>) -> Result<Arc<Channel>, ErrorResponse> {
    let id = required(form, "client_id")?;
    let secret = required(form, "client_secret")?;
    let channel = find_channel(context, id, error_bodies::V3_CREDENTIALS)?;
    check_secret(&channel, secret, error_bodies::V3_CREDENTIALS)?;
    Ok(channel)
}

/// The channel of a form's or query's assertion, and its claims, every rule but `token_exp` checked.
pub(crate) fn by_assertion(
    context: &mut RequestContext<'_>,
    form: &Form<'_>,
) -> Result<(Arc<Channel>, JsonObject), ErrorResponse> {
    let shared = context.shared;
    let settings = &shared.settings;
    let client_id = optional(form, "client_id")?;
    let assertion = UnverifiedAssertion::parse(client_assertion(form)?, settings.accept_es256)?;
    let registered = shared.registry().key(assertion.kid()).cloned();
    let Some(registered) = registered else {
        let reason = format!("no key is registered under the kid {}", shown(assertion.kid()));
        return Err(ErrorResponse::new(StatusCode::NOT_FOUND, error_bodies::UNKNOWN_KID, reason));
    };
    context.count_for(&registered.owner)?;
    let claims = assertion.verify(&registered.key)?;
    let owner = registered.owner.id().as_str();
    let rules = ClaimRules { now: context.now, owner, audiences: &settings.audiences, leniency: &settings.leniency };
    context.warnings.extend(claims::check(&claims, &rules)?);
    if client_id.is_some_and(|id| id != owner) {
        let reason = "client_id is not the assertion's subject: send the subject's id, or none";
        if !settings.leniency.mismatched_client_id {
            return Err(ErrorResponse::bad_request(error_bodies::CLIENT_ID_NOT_SUBJECT, reason));
        }
        context.warnings.push(reason.to_owned());
    }
    Ok((registered.owner, claims))
}

/// The channel of an id, which the request is then about; `documented` is the body if there is none.
fn find_channel(
    context: &mut RequestContext<'_>,
    id: &str,
    documented: ErrorBody,
) -> Result<Arc<Channel>, ErrorResponse> {
    let Some(channel) = context.shared.find(id) else {
        let body = match context.shared.settings.leniency.unknown_channel_id {
            Evidence::Documented => documented,
            Evidence::Observed => error_bodies::WRONG_FORMAT,
        };
        let reason = if is_decimal(id) { "no channel has this client_id" } else { "client_id is not a decimal number" };
        return Err(ErrorResponse::bad_request(body, reason));
    };
    context.count_for(&channel)?;
    Ok(channel)
}

fn check_secret(channel: &Channel, secret: &str, body: ErrorBody) -> Result<(), ErrorResponse> {
    if channel.has_secret(secret) {
        return Ok(());
    }
    Err(ErrorResponse::bad_request(body, "client_secret is not the channel's"))
}

fn is_decimal(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit())
}
