//! The webhook: what LINE posts whenever somebody writes to the bot.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;

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
        // Not 401: that would have to name a way to authenticate.
        return StatusCode::FORBIDDEN;
    }
    let Ok(Payload { events }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    for event in events {
        let Event::Message { mode: Mode::Active, webhook_event_id, source, message: Message::Text { text } } = event
        else {
            continue;
        };
        if let Some(to) = source.into_id() {
            bot.echo(to, text, webhook_event_id);
        }
    }
    StatusCode::OK
}

/// The Console's button "Verify" sends no events. LINE may add kinds of everything, so `Other` stands for those that the bot does not know.
#[derive(Deserialize)]
struct Payload {
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Event {
    Message {
        mode: Mode,
        webhook_event_id: String,
        source: Source,
        message: Message,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    Active,
    /// Another module channel responds at the moment.
    #[serde(other)]
    Standby,
}

/// Where the message was written, which is where the bot writes too.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Source {
    User {
        user_id: String,
    },
    Group {
        group_id: String,
    },
    Room {
        room_id: String,
    },
    #[serde(other)]
    Other,
}

impl Source {
    fn into_id(self) -> Option<String> {
        match self {
            Self::User { user_id: id } | Self::Group { group_id: id } | Self::Room { room_id: id } => Some(id),
            Self::Other => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Message {
    Text {
        text: String,
    },
    #[serde(other)]
    Other,
}
