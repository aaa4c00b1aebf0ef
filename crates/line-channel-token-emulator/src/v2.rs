//! `/v2/oauth/*`: short-lived tokens, issued for the channel secret, and long-lived ones, which the Console issues.

use std::time::Duration;

use crate::answer::{Refusal, Success};
use crate::bodies::{self, Body};
use crate::call::Call;
use crate::form::Form;
use crate::leniency::Evidence;
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
    let decimal = id.bytes().all(|byte| byte.is_ascii_digit());
    let documented = if decimal { bodies::CLIENT_ID } else { bodies::PARAMETERS };
    let channel = find_channel(call, id, documented)?;
    if !call.inner.channel(channel).has_secret(secret) {
        return Err(Refusal::bad_request(bodies::CLIENT_SECRET, "client_secret is not the channel's"));
    }
    Ok(channel)
}

/// The channel of an id, which the request then counts for; `documented` is the body if there is none.
pub(crate) fn find_channel(call: &mut Call<'_>, id: &str, documented: Body) -> Result<ChannelIndex, Refusal> {
    let Some(channel) = call.inner.find(id) else {
        let body = match call.inner.settings.leniency.unknown_channel_id {
            Evidence::Documented => documented,
            Evidence::Observed => bodies::WRONG_FORMAT,
        };
        let decimal = id.bytes().all(|byte| byte.is_ascii_digit());
        let reason = if decimal { "no channel has this client_id" } else { "client_id is not a decimal number" };
        return Err(Refusal::bad_request(body, reason));
    };
    call.for_channel(channel)?;
    Ok(channel)
}

/// `POST /v2/oauth/verify`.
pub(crate) fn verify(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let token = form.one("access_token").map_err(|reason| Refusal::bad_request(bodies::V2_FORMAT, reason))?;
    let standing = call.standing(TokenFamily::V2, token)?;
    if let (Standing::Unknown, Some(reason)) = (standing, not_short_lived(token)) {
        return Err(Refusal::bad_request(bodies::V2_FORMAT, reason));
    }
    let refused = |reason| Err(Refusal::bad_request(bodies::V2_INVALID, reason));
    match standing {
        Standing::Unknown => refused("the token was not issued here"),
        Standing::Revoked(_) => refused("the token was revoked, by a call or because a newer one took its place"),
        Standing::Expired(_) => refused("the token has expired"),
        Standing::Live(channel, seconds) => Ok(verified(call, channel, seconds)),
    }
}

/// The answer about a live token, for v2 and v2.1 alike.
pub(crate) fn verified(call: &Call<'_>, channel: ChannelIndex, seconds: u64) -> Success {
    let channel = call.inner.channel(channel);
    let id = &channel.id;
    let scope = if channel.scope.is_empty() { String::new() } else { format!(r#","scope":"{}""#, channel.scope) };
    Success::Json(format!(r#"{{"client_id":"{id}","expires_in":{seconds}{scope}}}"#))
}

/// `POST /v2/oauth/revoke`.
pub(crate) fn revoke(call: &mut Call<'_>, form: &Form<'_>) -> Result<Success, Refusal> {
    let malformed = |reason: String| Refusal::bad_request(bodies::V2_REVOKE_FORMAT, reason);
    let token = form.one("access_token").map_err(malformed)?;
    let standing = call.standing(TokenFamily::V2, token)?;
    if let (Standing::Unknown, Some(reason)) = (standing, not_short_lived(token)) {
        return Err(malformed(reason.to_owned()));
    }
    call.inner.ledger().revoke(TokenFamily::V2, token, call.now);
    Ok(Success::Empty)
}
