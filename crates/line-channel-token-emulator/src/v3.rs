//! `/oauth2/v3/token`: stateless tokens, issued for the channel secret or for an assertion.

use line_channel_token_core::Operation;

use crate::answer::{Refusal, Success};
use crate::call::Call;
use crate::form::Form;
use crate::standing::ChannelIndex;
use crate::stateless_count::LIFETIME;
use crate::stateless_token::StatelessToken;
use crate::{bodies, v2};

/// `POST /oauth2/v3/token`.
pub(crate) fn issue(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    // An empty field counts as sent: LINE refuses a form that carries the fields of the other way, empty or not.
    let by_assertion = form.has("client_assertion") || form.has("client_assertion_type");
    if by_assertion {
        call.operation = Some(Operation::IssueStatelessWithJwt);
    }
    if by_assertion && form.has("client_secret") {
        let reason = "client_secret and client_assertion were both sent: one of them, and no empty fields";
        return Err(Refusal::bad_request(bodies::SECRET_AND_ASSERTION, reason));
    }
    grant_type(form)?;
    let channel = if by_assertion { call.authenticate(form)?.0 } else { by_secret(call, form)? };
    let token = call.inner.stateless.issue(StatelessToken { channel, issued_at: call.now })?;
    call.inner.ledger().add_stateless(channel, call.now);
    let seconds = LIFETIME.as_secs();
    Ok(Success::Json(format!(r#"{{"token_type":"Bearer","access_token":"{token}","expires_in":{seconds}}}"#)))
}

/// Checks `grant_type`, for v3 and v2.1 alike.
pub(crate) fn grant_type(form: &Form<'_>) -> Result<(), Refusal> {
    match form.one("grant_type") {
        Ok("client_credentials") => Ok(()),
        Ok(_) => Err(Refusal::bad_request(bodies::GRANT_TYPE, "grant_type must be client_credentials")),
        Err(reason) => Err(Refusal::bad_request(bodies::PARAMETERS, reason)),
    }
}

fn by_secret(call: &mut Call<'_>, form: &Form<'_>) -> Result<ChannelIndex, Refusal> {
    let parameters = |reason: String| Refusal::bad_request(bodies::PARAMETERS, reason);
    let id = form.one("client_id").map_err(parameters)?;
    let secret = form.one("client_secret").map_err(parameters)?;
    let channel = v2::find_channel(call, id, bodies::V3_CREDENTIALS)?;
    if !call.inner.channel(channel).has_secret(secret) {
        return Err(Refusal::bad_request(bodies::V3_CREDENTIALS, "client_secret is not the channel's"));
    }
    Ok(channel)
}
