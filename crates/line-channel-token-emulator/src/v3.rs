//! `/oauth2/v3/token`: stateless tokens, issued for the channel secret or for an assertion.

use line_channel_token_core::Operation;

use crate::form::Form;
use crate::parameters::grant_type;
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, Success};
use crate::stateless_count::LIFETIME;
use crate::stateless_token::StatelessToken;
use crate::{client_auth, error_bodies};

/// `POST /oauth2/v3/token`.
pub(crate) fn issue(context: &mut RequestContext<'_>, mut form: Form<'_>) -> Result<Success, ErrorResponse> {
    if context.shared.settings.leniency.empty_credentials && form.drop_empty_credentials() {
        let warning = "empty credentials were sent beside those that are used: leave them out";
        context.warnings.push(warning.to_owned());
    }
    let by_assertion = form.names_assertion();
    if by_assertion {
        context.operation = Some(Operation::IssueStatelessWithJwt);
    }
    if by_assertion && form.has("client_secret") {
        let reason = "client_secret and client_assertion were both sent: send one of them, and no empty parameters";
        return Err(ErrorResponse::bad_request(error_bodies::SECRET_AND_ASSERTION, reason));
    }
    grant_type(&form)?;
    let channel = if by_assertion {
        client_auth::by_assertion(context, &form)?.0
    } else {
        client_auth::by_secret_v3(context, &form)?
    };
    let token = context.shared.stateless.issue(StatelessToken { channel: channel.number, issued_at: context.now })?;
    context.shared.tokens().add_stateless(&channel, context.now);
    let seconds = LIFETIME.as_secs();
    Ok(Success::Json(format!(r#"{{"token_type":"Bearer","access_token":"{token}","expires_in":{seconds}}}"#)))
}
