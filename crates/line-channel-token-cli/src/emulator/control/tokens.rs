//! Tokens, as the Console and an administrator see them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use line_channel_token::AccessToken;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::error::ApiError;
use super::extract::{Object, Segments};
use super::faults::Nothing;
use crate::emulator::generated;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    token: Option<String>,
    keep_previous_seconds: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Token {
    token: String,
}

#[derive(Serialize)]
pub(super) struct Revoked {
    revoked: usize,
}

pub(super) async fn reissue_long_lived(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(new): Object<NewToken>,
) -> Result<(StatusCode, Json<Token>), ApiError> {
    let id = app.channel(&id)?.id;
    let token = match new.token {
        Some(token) => token,
        None => generated::long_lived_token()?,
    };
    let token = AccessToken::new(token)?;
    let keep = Duration::from_secs(new.keep_previous_seconds.unwrap_or(0).into());
    app.emulator().register_long_lived_token(&id, token.expose_secret(), keep)?;
    app.journal().touch();
    Ok((StatusCode::CREATED, Json(Token { token: token.expose_secret().to_owned() })))
}

pub(super) async fn revoke_all(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<Json<Revoked>, ApiError> {
    let revoked = app.emulator().revoke_all(&app.channel(&id)?.id);
    app.journal().touch();
    Ok(Json(Revoked { revoked }))
}
