//! With line-bot-messaging-api 0.2, whose client has one token for its lifetime too.

// guide: begin
use std::error::Error;

use line_bot_messaging_api::LineClient;
use line_bot_messaging_api::api::{PushMessageRequest, PushMessageResponse};
use line_channel_token::cache::TokenCache;

/// Pushes a message, which has its retry key in it. All calls share the connections of `http`.
pub async fn push(
    tokens: &TokenCache,
    http: &reqwest::Client,
    base_url: &str, // "https://api.line.me"
    message: &PushMessageRequest,
) -> Result<PushMessageResponse, Box<dyn Error + Send + Sync>> {
    let pushed = tokens
        .authorized_by(
            async |token| {
                let token = token.access_token().expose_secret();
                let line = LineClient::builder().http_client(http.clone()).api_base_url(base_url);
                line.channel_access_token(token).build()?.push_message(message).await
            },
            |result| matches!(result, Err(line_bot_messaging_api::Error::Api(error)) if error.status == 401),
        )
        .await?;
    Ok(pushed?)
}
// guide: end
