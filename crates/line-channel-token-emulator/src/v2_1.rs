//! `/oauth2/v2.1/*`: tokens of a chosen life, issued for an assertion.

use std::time::Duration;

use crate::answer::{Refusal, Success};
use crate::call::Call;
use crate::form::Form;
use crate::ledger::Full;
use crate::leniency::Evidence;
use crate::numeric_claims::token_lifetime;
use crate::standing::{Standing, TokenFamily};
use crate::token_text::{JwsShape, jws_shape};
use crate::v3::grant_type;
use crate::{bodies, random, v2};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `POST /oauth2/v2.1/token`.
pub(crate) fn issue(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    grant_type(form)?;
    let (channel, claims) = call.authenticate(form)?;
    let seconds = token_lifetime(&claims, &call.inner.settings.leniency)?;
    let (token, key_id) = (random::jws_token()?, random::key_id()?);
    let lifetime = Duration::from_secs(seconds.into());
    call.inner.ledger().add_jwt(channel, &token, &key_id, lifetime, call.now).map_err(|Full| {
        let reason = "the channel has 30 valid v2.1 tokens: revoke one, or wait until one expires";
        Refusal::bad_request(bodies::TOKEN_LIMIT, reason)
    })?;
    Ok(Success::Json(format!(
        r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{seconds},"key_id":"{key_id}"}}"#
    )))
}

/// The assertion of a form or query that says it holds one.
pub(crate) fn assertion_of<'a>(form: &'a Form<'_>) -> Result<&'a str, Refusal> {
    let parameters = |reason: String| Refusal::bad_request(bodies::PARAMETERS, reason);
    if form.one("client_assertion_type").map_err(parameters)? != ASSERTION_TYPE {
        return Err(parameters(format!("client_assertion_type must be {ASSERTION_TYPE}")));
    }
    form.one("client_assertion").map_err(parameters)
}

/// `GET /oauth2/v2.1/verify`.
pub(crate) fn verify(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let token = form.one("access_token").map_err(|reason| Refusal::bad_request(bodies::PARAMETERS, reason))?;
    check_shape(token).map_err(|refusal| match call.inner.settings.leniency.unparsable_jwt {
        Evidence::Documented => refusal,
        Evidence::Observed => Refusal { body: bodies::FAILED_TO_PARSE, ..refusal },
    })?;
    let refused = |body, reason| Err(Refusal::bad_request(body, reason));
    match call.standing(TokenFamily::V2_1, token)? {
        Standing::Unknown => {
            refused(bodies::JWT_UNKNOWN, "the token is none that was issued here; stateless ones cannot be verified")
        }
        Standing::Revoked(_) => refused(bodies::JWT_REVOKED, "the token was revoked"),
        Standing::Expired(_) => refused(bodies::JWT_EXPIRED, "the token has expired"),
        Standing::Live(channel, seconds) => Ok(v2::verified(call, channel, seconds)),
    }
}

/// `POST /oauth2/v2.1/revoke`.
pub(crate) fn revoke(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let client = v2::client(call, form)?;
    let token = form.one("access_token").map_err(|reason| Refusal::bad_request(bodies::PARAMETERS, reason))?;
    check_shape(token)?;
    let mut ledger = call.inner.ledger();
    if let Standing::Live(owner, _) = ledger.standing(TokenFamily::V2_1, token, call.now)
        && owner != client
    {
        let reason = "the token was issued to another channel, which alone can revoke it";
        return Err(Refusal::bad_request(bodies::JWT_OF_ANOTHER_CHANNEL, reason));
    }
    ledger.revoke(TokenFamily::V2_1, token, call.now);
    Ok(Success::Empty)
}

fn check_shape(token: &str) -> Result<(), Refusal> {
    match jws_shape(token) {
        JwsShape::WellFormed => Ok(()),
        JwsShape::NotJws => {
            let reason = "the token is not three parts with dots between: is it a v2 token?";
            Err(Refusal::bad_request(bodies::JWT_NOT_JWS, reason))
        }
        JwsShape::Malformed => {
            let reason = "the token has three parts, but they are not those of a JWS";
            Err(Refusal::bad_request(bodies::JWT_MALFORMED, reason))
        }
    }
}

/// `GET /oauth2/v2.1/tokens/kid`.
pub(crate) fn key_ids(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let (channel, _) = call.authenticate(form)?;
    let kids: Vec<String> =
        call.inner.ledger().key_ids(channel, call.now).iter().map(|kid| format!("\"{kid}\"")).collect();
    Ok(Success::Json(format!(r#"{{"kids":[{}]}}"#, kids.join(","))))
}
