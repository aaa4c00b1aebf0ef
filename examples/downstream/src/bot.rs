//! The bot: repeats what its users say.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use line_channel_token::BaseUrl;
use line_channel_token::cache::{RevocationReport, Shutdown, TokenCache};
use line_channel_token::configuration::ChannelConfig;
use reqwest::redirect::Policy;
use serde_json::json;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How long to wait before a push is sent once more of which it is unknown whether LINE took it.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(2)];

/// How long messages that are being sent may still take at the end, and the revocation of the token after them.
const SENDING_LIMIT: Duration = Duration::from_secs(10);
const REVOCATION_LIMIT: Duration = Duration::from_secs(5);

/// A handle; clones are the same bot.
#[derive(Clone, Debug)]
pub struct Bot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    channel: ChannelConfig,
    tokens: TokenCache,
    http: reqwest::Client,
    push_url: String,
    sending: TaskTracker,
}

impl Bot {
    /// A bot of this channel, with these tokens of it, that sends its messages to a server: LINE, an emulator.
    pub fn new(channel: ChannelConfig, tokens: TokenCache, server: &BaseUrl) -> Result<Self, reqwest::Error> {
        // LINE sends no redirects, and a message must not go to anybody else.
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(10)).build()?;
        let push_url = format!("{server}/v2/bot/message/push");
        Ok(Self(Arc::new(Inner { channel, tokens, http, push_url, sending: TaskTracker::new() })))
    }

    /// The bot's channel.
    pub fn channel(&self) -> &ChannelConfig {
        &self.0.channel
    }

    /// The tokens of the bot's channel.
    pub fn tokens(&self) -> &TokenCache {
        &self.0.tokens
    }

    /// Sends a text, in the background.
    pub fn send(&self, to: String, text: String, cause: String) {
        let bot = self.clone();
        self.0.sending.spawn(async move {
            if let Err(error) = bot.push(&to, &text, &cause).await {
                eprintln!("a message was not sent: {error}");
            }
        });
    }

    /// Sends a text, once for each `cause`: the id of a webhook event, which LINE may deliver again.
    ///
    /// A push counts toward the channel's messages of the month, and a reply does not. But a reply takes no retry key, so it cannot be sent
    /// once more if nothing is known of the first time.
    ///
    /// # Errors
    ///
    /// LINE did not take it, or there is no token.
    pub async fn push(&self, to: &str, text: &str, cause: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        let message = json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
        // LINE takes a push with the same key once in 24 hours.
        let retry_key = Uuid::new_v5(&Uuid::NAMESPACE_OID, cause.as_bytes()).to_string();
        let mut delays = RETRY_DELAYS.into_iter();
        loop {
            // A token that LINE refuses is replaced on the way.
            let response = self.0.tokens.authorized(|token| {
                let push = self.0.http.post(&self.0.push_url).header(AUTHORIZATION, token.header_value());
                push.header("x-line-retry-key", &retry_key).json(&message).send()
            });
            let (failure, is_unknown) = match response.await? {
                Ok(response) => match response.status() {
                    StatusCode::OK => return Ok(()),
                    StatusCode::CONFLICT => return Ok(()), // it was sent before
                    status => {
                        let id = response.headers().get("x-line-request-id").and_then(|id| id.to_str().ok());
                        let failure = format!("LINE responded {status}, request id {}", id.unwrap_or("unknown"));
                        (failure, status.is_server_error())
                    }
                },
                Err(error) => (with_causes(&error.without_url()), true),
            };
            match delays.next().filter(|_| is_unknown) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(failure.into()),
            }
        }
    }

    /// Waits for the messages that are being sent, and revokes the token, so that a restart leaves no slot of the channel used.
    pub async fn shut_down(&self) -> RevocationReport {
        self.0.sending.close();
        if tokio::time::timeout(SENDING_LIMIT, self.0.sending.wait()).await.is_err() {
            eprintln!("{} messages were not sent in time", self.0.sending.len());
        }
        self.0.tokens.shutdown(Shutdown::within(REVOCATION_LIMIT).revoking_current()).await
    }
}

/// reqwest says what happened, and its sources why.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
