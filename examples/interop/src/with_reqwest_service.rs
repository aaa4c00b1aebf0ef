//! With reqwest as a service of tower, and the same layer.

// guide: begin
use line_channel_token::BaseUrl;
use line_channel_token::authorization::{Authorization, AuthorizationLayer, BoxError};
use line_channel_token::cache::TokenCache;
use tower::{Layer, ServiceExt};

/// A client whose requests to LINE carry the token. Make it once; clones are cheap, and share connections and tokens.
pub fn authorized(tokens: TokenCache, http: reqwest::Client, base_url: &BaseUrl) -> Authorization<reqwest::Client> {
    AuthorizationLayer::new(tokens).allow_origin(base_url).layer(http)
}

/// Pushes a text message.
pub async fn push(
    line: &Authorization<reqwest::Client>,
    base_url: &BaseUrl, // BaseUrl::line()
    to: &str,
    text: &str,
    retry_key: &str, // a UUID that you make, one for each message
) -> Result<(), BoxError> {
    let message = serde_json::json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let push = line.get_ref().post(format!("{base_url}/v2/bot/message/push")); // as yet without a token
    let push = push.header("x-line-retry-key", retry_key).json(&message).build()?;
    line.clone().oneshot(push).await?.error_for_status()?;
    Ok(())
}
// guide: end
