//! What a pasted assertion or token is, and which rules it breaks.

use axum::Json;
use axum::extract::State;
use line_channel_token::emulator::Inspection;
use serde::Deserialize;

use super::app::App;
use super::error::ApiError;
use super::extract::Object;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pasted {
    text: String,
}

pub(super) async fn inspect(
    State(app): State<App>,
    Object(pasted): Object<Pasted>,
) -> Result<Json<Inspection>, ApiError> {
    Ok(Json(app.emulator().inspect(&pasted.text)))
}
