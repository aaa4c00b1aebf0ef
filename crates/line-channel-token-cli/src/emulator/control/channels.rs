//! Channels, made and removed on the fly, so that tests that run at the same time have one each.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use line_channel_token::emulator::ChannelState;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::error::ApiError;
use super::extract::{Object, Segments};
use super::faults::Nothing;
use crate::emulator::build::with_credentials;
use crate::emulator::generated::{self, GeneratedKey};

#[derive(Serialize)]
pub(super) struct Channels {
    channels: Vec<ChannelState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannel {
    id: Option<String>,
    secret: Option<String>,
    scope: Option<String>,
    long_lived_token: Option<String>,
    generate_key: Option<bool>,
}

/// The only time that the secret and the key are shown.
#[derive(Serialize)]
pub(super) struct Created {
    channel: ChannelState,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<GeneratedKey>,
}

pub(super) async fn list(State(app): State<App>) -> Json<Channels> {
    Json(Channels { channels: app.emulator().channels() })
}

pub(super) async fn show(
    State(app): State<App>,
    Segments(id): Segments<String>,
) -> Result<Json<ChannelState>, ApiError> {
    app.channel(&id).map(Json)
}

pub(super) async fn create(
    State(app): State<App>,
    Object(new): Object<NewChannel>,
) -> Result<(StatusCode, Json<Created>), ApiError> {
    let key = if new.generate_key.unwrap_or(false) { Some(generate_key().await?) } else { None };
    let id = match new.id {
        Some(id) => id,
        None => generated::channel_id()?,
    };
    if app.channel(&id).is_ok() {
        return Err(ApiError::conflict("there is a channel with this id: give another, or leave it out"));
    }
    let (mut channel, made) = with_credentials(&id, new.secret.as_deref(), key)?;
    let secret = channel.secret().expose_secret().to_owned();
    if let Some(scope) = &new.scope {
        channel = channel.with_scope(scope)?;
    }
    if let Some(token) = &new.long_lived_token {
        channel = channel.with_long_lived_token(token)?;
    }
    app.emulator().add_channel(channel)?;
    app.journal().touch();
    Ok((StatusCode::CREATED, Json(Created { channel: app.channel(&made.id)?, secret, key: made.key })))
}

pub(super) async fn remove(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    app.emulator().remove_channel(&app.channel(&id)?.id);
    app.journal().touch();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset_one(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    app.reset_channel(&app.channel(&id)?.id);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset_all(
    State(app): State<App>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    app.reset();
    Ok(StatusCode::NO_CONTENT)
}

/// On a thread of its own, because it takes some tenths of a second.
pub(super) async fn generate_key() -> Result<GeneratedKey, ApiError> {
    let made = tokio::task::spawn_blocking(GeneratedKey::generate).await;
    let made = made.map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the key could not be made"))?;
    Ok(made?)
}
