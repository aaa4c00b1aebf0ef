//! The webhook: what LINE posts whenever somebody writes to the bot.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tokio::time::timeout;

use crate::bot::Bot;
use crate::signature;

/// More bytes than LINE sends, and more time than it takes for that: anybody can post here.
const MAX_BODY: usize = 2 << 20;
const BODY_LIMIT: Duration = Duration::from_secs(5);

/// `POST /webhook`.
pub fn router(bot: Bot) -> Router {
    Router::new().route("/webhook", post(webhook)).with_state(bot)
}

/// Takes the events and responds at once, as LINE asks; the messages are sent afterwards.
async fn webhook(State(bot): State<Bot>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let Ok(body) = timeout(BODY_LIMIT, to_bytes(body, MAX_BODY)).await else { return StatusCode::REQUEST_TIMEOUT };
    let Ok(body) = body else { return StatusCode::PAYLOAD_TOO_LARGE };
    let secret = match bot.channel().read_channel_secret() {
        Ok(secret) => secret,
        Err(error) => {
            eprintln!("a webhook was not taken: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
    };
    if !signature::is_valid(&secret, &head.headers, &body) {
        return StatusCode::FORBIDDEN; // 401 would have to name a way to authenticate
    }
    let Ok(payload) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    for event in payload["events"].as_array().into_iter().flatten() {
        // In the mode "standby" somebody else responds.
        if event["type"] == "message" && event["mode"] == "active" && event["message"]["type"] == "text" {
            echo(&bot, event);
        }
    }
    StatusCode::OK
}

/// Sends the text back to where it was written.
fn echo(bot: &Bot, event: &Value) {
    let source = &event["source"];
    let to = source["groupId"].as_str().or(source["roomId"].as_str()).or(source["userId"].as_str());
    let text = event["message"]["text"].as_str();
    let event_id = event["webhookEventId"].as_str();
    if let (Some(to), Some(text), Some(event_id)) = (to, text, event_id) {
        bot.send(to.to_owned(), text.to_owned(), event_id.to_owned());
    }
}
