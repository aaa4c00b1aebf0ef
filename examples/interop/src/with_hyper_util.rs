//! With hyper-util, whose client is a service, and a layer around it.

// guide: begin
use http::Request;
use http::header::CONTENT_TYPE;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use line_channel_token::BaseUrl;
use line_channel_token::authorization::{Authorization, AuthorizationLayer, BoxError};
use line_channel_token::cache::TokenCache;
use tower::{Layer, ServiceExt};

/// A client whose requests to LINE carry the token. Make it once; clones are cheap, and share connections and tokens.
pub fn authorized<C>(
    tokens: TokenCache,
    http: Client<C, String>,
    base_url: &BaseUrl,
) -> Authorization<Client<C, String>> {
    // `allow_origin` is for an emulator or a gateway: api.line.me and api-data.line.me get the token without it.
    AuthorizationLayer::new(tokens).allow_origin(base_url).layer(http)
}

/// Pushes a text message.
pub async fn push<C>(
    line: &Authorization<Client<C, String>>,
    base_url: &BaseUrl, // BaseUrl::line()
    to: &str,
    text: &str,
    retry_key: &str, // a UUID that you make, one for each message
) -> Result<(), BoxError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let message = serde_json::json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let request = Request::post(format!("{base_url}/v2/bot/message/push"))
        .header(CONTENT_TYPE, "application/json")
        .header("x-line-retry-key", retry_key)
        .body(message.to_string())?;
    let response = line.clone().oneshot(request).await?;
    if response.status().is_success() { Ok(()) } else { Err(format!("LINE responded {}", response.status()).into()) }
}
// guide: end
