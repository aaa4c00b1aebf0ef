//! How a client proves which channel it is: by the channel secret or by an assertion.

use std::sync::Arc;

use http::StatusCode;

use crate::assertion::UnverifiedAssertion;
use crate::claims::{ExpectedClaims, claim_rules, oddities};
use crate::error_bodies::{self, ErrorBody};
use crate::form::Form;
use crate::header_rules::AcceptedAlgorithms;
use crate::json_object::JsonObject;
use crate::leniency::Evidence;
use crate::live_channel::Channel;
use crate::parameters::{client_assertion, optional, required};
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, shown};
use crate::rule;
use crate::violation::Violation;

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
    let accepted = AcceptedAlgorithms { es256: settings.accept_es256 };
    let assertion = UnverifiedAssertion::parse(client_assertion(form)?, accepted)?;
    let registered = shared.registry().key(assertion.kid()).cloned();
    let registered = registered.ok_or_else(|| unknown_kid(assertion.kid()))?;
    context.count_for(&registered.owner)?;
    let claims = assertion.verify(&registered.key)?;
    let owner = registered.owner.id().as_str();
    let expected = ExpectedClaims {
        now: context.now.unix.as_secs() as f64,
        owner: Some(owner),
        audiences: &settings.audiences,
        leniency: &settings.leniency,
    };
    rule::check(&claim_rules(), &claims, &expected)?;
    context.warnings.extend(oddities(&claims).map(|odd| odd.to_string()));
    if client_id.is_some_and(|id| id != owner) {
        let reason = "client_id is not the assertion's subject: send the subject's id, or none";
        if !settings.leniency.mismatched_client_id {
            return Err(ErrorResponse::bad_request(error_bodies::CLIENT_ID_NOT_SUBJECT, reason));
        }
        context.warnings.push(reason.to_owned());
    }
    Ok((registered.owner, claims))
}

/// What is wrong with a kid that no key is registered under.
pub(crate) fn unknown_kid(kid: &str) -> Violation {
    let found = format!("no key is registered under the kid {}", shown(kid));
    let advice = "the kid is the one that the Console shows beside the registered public key";
    Violation { status: StatusCode::NOT_FOUND, ..Violation::new(error_bodies::UNKNOWN_KID, found, advice) }
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
