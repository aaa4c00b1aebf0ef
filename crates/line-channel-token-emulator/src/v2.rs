//! `/v2/oauth/*`: short-lived tokens, issued for the channel secret.

use std::time::Duration;

use crate::answer::{Refusal, Success};
use crate::bodies;
use crate::call::Call;
use crate::form::Form;
use crate::random;
use crate::standing::{ChannelIndex, Standing, TokenFamily};
use crate::token_text::not_short_lived;

/// The life of a v2 token, in seconds: 30 days.
const LIFETIME: u64 = 2_592_000;

/// `POST /v2/oauth/accessToken`.
pub(crate) fn issue(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let parameters = |reason: String| Refusal::bad_request(bodies::PARAMETERS, reason);
    if form.one("grant_type").map_err(parameters)? != "client_credentials" {
        return Err(parameters("grant_type must be client_credentials".to_owned()));
    }
    let channel = client(call, form)?;
    let token = random::short_lived_token()?;
    call.inner.ledger().add_short_lived(channel, &token, Duration::from_secs(LIFETIME), call.now);
    Ok(Success::Json(format!(r#"{{"access_token":"{token}","expires_in":{LIFETIME},"token_type":"Bearer"}}"#)))
}

/// The channel whose id and secret the form holds, with the refusals that LINE documents for `/v2/oauth/accessToken`.
pub(crate) fn client(call: &mut Call<'_>, form: &Form<'_>) -> Result<ChannelIndex, Refusal> {
    let parameters = |reason: String| Refusal::bad_request(bodies::PARAMETERS, reason);
    let id = form.one("client_id").map_err(parameters)?;
    let secret = form.one("client_secret").map_err(parameters)?;
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(parameters("client_id is not a decimal number".to_owned()));
    }
    let Some(channel) = call.inner.find(id) else {
        return Err(Refusal::bad_request(bodies::CLIENT_ID, "no channel has this client_id"));
    };
    call.for_channel(channel)?;
    if !call.inner.channel(channel).secret.matches(secret) {
        return Err(Refusal::bad_request(bodies::CLIENT_SECRET, "client_secret is not the channel's"));
    }
    Ok(channel)
}

/// `POST /v2/oauth/verify`.
pub(crate) fn verify(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let token = form.one("access_token").map_err(|reason| Refusal::bad_request(bodies::V2_FORMAT, reason))?;
    if let Some(reason) = not_short_lived(token) {
        return Err(Refusal::bad_request(bodies::V2_FORMAT, reason));
    }
    let refused = |reason| Err(Refusal::bad_request(bodies::V2_INVALID, reason));
    match call.standing(TokenFamily::ShortLived, token)? {
        Standing::Unknown => refused("the token was not issued here"),
        Standing::Revoked(_) => refused("the token was revoked, by a call or because a newer one took its place"),
        Standing::Expired(_) => refused("the token has expired"),
        Standing::Live(channel, seconds) => Ok(verified(call, channel, seconds)),
    }
}

/// The answer about a live token, for v2 and v2.1 alike.
pub(crate) fn verified(call: &Call<'_>, channel: ChannelIndex, seconds: u64) -> Success {
    let id = &call.inner.channel(channel).id;
    Success::Json(format!(r#"{{"client_id":"{id}","expires_in":{seconds},"scope":"P CM"}}"#))
}

/// `POST /v2/oauth/revoke`.
pub(crate) fn revoke(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let malformed = |reason: String| Refusal::bad_request(bodies::V2_REVOKE_FORMAT, reason);
    let token = form.one("access_token").map_err(malformed)?;
    if let Some(reason) = not_short_lived(token) {
        return Err(malformed(reason.to_owned()));
    }
    call.standing(TokenFamily::ShortLived, token)?;
    call.inner.ledger().revoke(TokenFamily::ShortLived, token, call.now);
    Ok(Success::Empty)
}
