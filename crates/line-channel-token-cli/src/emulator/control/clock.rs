//! Time.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::error::ApiError;
use super::extract::Object;
use super::state;
use crate::emulator::settings::seconds;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    seconds: f64,
    channel_id: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Now {
    now: f64,
}

pub(super) async fn advance(State(app): State<App>, Object(by): Object<Advance>) -> Result<Json<Now>, ApiError> {
    let duration = seconds(by.seconds).ok_or_else(|| {
        ApiError::unprocessable("seconds: give a number from 0 to a hundred years in seconds; time goes forward alone")
    })?;
    match &by.channel_id {
        Some(id) => app.emulator().advance_channel(&app.channel(id)?.id, duration)?,
        None => app.emulator().advance(duration)?,
    }
    app.journal().touch();
    Ok(Json(Now { now: state::now(&app) }))
}
