//! With reqwest 0.13 alone.

// guide: begin
use std::error::Error;

use line_channel_token::cache::TokenCache;
use reqwest::header::AUTHORIZATION;

/// Pushes a text message.
pub async fn push(
    tokens: &TokenCache,
    http: &reqwest::Client,
    base_url: &str, // "https://api.line.me"
    to: &str,
    text: &str,
    retry_key: &str, // a UUID that you make, one for each message
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let message = serde_json::json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let response = tokens
        .authorized(|token| {
            let push = http.post(format!("{base_url}/v2/bot/message/push")).header(AUTHORIZATION, token.header_value());
            push.header("x-line-retry-key", retry_key).json(&message).send()
        })
        .await??;
    response.error_for_status()?;
    Ok(())
}
// guide: end
