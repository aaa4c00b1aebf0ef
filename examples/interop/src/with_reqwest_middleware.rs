//! With reqwest-middleware 0.5: the layer is a middleware too.

// guide: begin
use line_channel_token::BaseUrl;
use line_channel_token::authorization::{AuthorizationLayer, BoxError};
use line_channel_token::cache::TokenCache;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

/// A client whose requests to LINE carry the token. Make it once.
pub fn authorized(tokens: TokenCache, http: reqwest::Client, base_url: &BaseUrl) -> ClientWithMiddleware {
    // `allow_origin` is for an emulator or a gateway: api.line.me and api-data.line.me get the token without it.
    ClientBuilder::new(http).with(AuthorizationLayer::new(tokens).allow_origin(base_url)).build()
}

/// Pushes a text message.
pub async fn push(
    line: &ClientWithMiddleware,
    base_url: &BaseUrl, // BaseUrl::line()
    to: &str,
    text: &str,
    retry_key: &str, // a UUID that you make, one for each message
) -> Result<(), BoxError> {
    let message = serde_json::json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let push = line.post(format!("{base_url}/v2/bot/message/push")).header("x-line-retry-key", retry_key);
    push.json(&message).send().await?.error_for_status()?;
    Ok(())
}
// guide: end
