//! Messages out: each carries the token of the moment, and a token that LINE refuses is replaced on the way.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use line_channel_token::BaseUrl;
use line_channel_token::cache::TokenCache;
use serde_json::json;
use uuid::Uuid;

/// Sends messages to the users of one channel.
#[derive(Clone, Debug)]
pub struct Messages {
    http: reqwest::Client,
    push_url: String,
    tokens: TokenCache,
}

impl Messages {
    /// Messages by `POST {base_url}/v2/bot/message/push`.
    pub fn new(base_url: &BaseUrl, tokens: TokenCache) -> Result<Self, reqwest::Error> {
        // No redirects: LINE sends none, and a token must not go where nobody looked.
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(10)).redirect(reqwest::redirect::Policy::none());
        Ok(Self { http: http.build()?, push_url: format!("{base_url}/v2/bot/message/push"), tokens })
    }

    /// Pushes a text, once for each `cause`, such as the id of a webhook event. A push counts towards the channel's quota; a reply would not,
    /// but must be sent soon.
    pub async fn push(&self, to: &str, text: &str, cause: &str) -> Result<(), SendError> {
        let message = json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
        // LINE takes a push with the same key only once within 24 hours, so a repeated one is harmless.
        let retry_key = Uuid::new_v5(&Uuid::NAMESPACE_OID, cause.as_bytes()).to_string();
        let response = self
            .tokens
            .authorized(|token| {
                let push = self.http.post(&self.push_url).header(AUTHORIZATION, token.header_value());
                push.header("x-line-retry-key", &retry_key).json(&message).send()
            })
            .await
            .map_err(SendError::NoToken)?
            .map_err(|error| SendError::NoResponse(error.without_url()))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::CONFLICT => Ok(()), // it was accepted before
            status => Err(SendError::Refused { status, request_id: request_id(&response) }),
        }
    }
}

/// What LINE's support asks for.
fn request_id(response: &reqwest::Response) -> String {
    let id = response.headers().get("x-line-request-id").and_then(|id| id.to_str().ok());
    id.unwrap_or("unknown").to_owned()
}

/// Why a message was not sent.
#[derive(Debug)]
pub enum SendError {
    /// There is no token; the error says when there may be one.
    NoToken(line_channel_token::Error),
    /// The message may have been sent: nobody responded.
    NoResponse(reqwest::Error),
    /// LINE does not take it.
    Refused {
        /// 401 if it refuses the next token too, 400 if something is wrong with the message, 429 if there were too many.
        status: StatusCode,
        /// LINE's id of the request.
        request_id: String,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoToken(error) => write!(f, "no channel access token: {error}"),
            Self::NoResponse(error) => write!(f, "no response: {error}"),
            Self::Refused { status, request_id } => write!(f, "LINE responded {status}, request id {request_id}"),
        }
    }
}

impl Error for SendError {}
