//! The webhook: what LINE posts whenever somebody writes to the bot.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

use crate::bot::Bot;
use crate::signature;

/// `POST /webhook`.
pub fn router(bot: Bot) -> Router {
    Router::new().route("/webhook", post(webhook)).with_state(bot)
}

/// Takes the events and responds at once, as LINE asks; the messages are sent afterwards.
async fn webhook(State(bot): State<Bot>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = match signature::channel_secret(bot.channel()) {
        Ok(secret) => secret,
        Err(error) => {
            eprintln!("a webhook was not taken: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
    };
    if !signature::is_valid(&secret, &headers, &body) {
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
