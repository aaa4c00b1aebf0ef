//! With line-bot-sdk-rust 3.0, whose client has one token for its lifetime.

// guide: begin
use std::error::Error;
use std::sync::Arc;

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use line_bot_sdk_rust::line_messaging_api::apis::configuration::Configuration;
use line_bot_sdk_rust::line_messaging_api::apis::{self, MessagingApiApi, MessagingApiApiClient};
use line_bot_sdk_rust::line_messaging_api::models::{PushMessageRequest, PushMessageResponse};
use line_channel_token::cache::TokenCache;

/// Pushes a message. All calls share the connections of `http`.
pub async fn push<C>(
    tokens: &TokenCache,
    http: &Client<C, String>,
    base_url: &str, // "https://api.line.me"
    message: &PushMessageRequest,
    retry_key: &str, // a UUID that you make, one for each message
) -> Result<PushMessageResponse, Box<dyn Error + Send + Sync>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let pushed = tokens
        .authorized_by(
            async |token| {
                let mut configuration = Configuration::with_client(http.clone());
                configuration.base_path = base_url.to_owned();
                configuration.oauth_access_token = Some(token.access_token().expose_secret().to_owned());
                let line = MessagingApiApiClient::new(Arc::new(configuration)); // cheap: it has no connections of its own
                line.push_message(message.clone(), Some(retry_key)).await
            },
            |result| matches!(result, Err(apis::Error::Api(error)) if error.code == 401),
        )
        .await?;
    Ok(pushed?)
}
// guide: end
