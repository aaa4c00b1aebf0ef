//! What goes wrong on purpose.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use line_channel_token::emulator::{Fault, FaultState};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::error::ApiError;
use super::extract::{Object, Parameters, Segments};

#[derive(Serialize)]
pub(super) struct Faults {
    faults: Vec<FaultState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    channel_id: Option<String>,
}

pub(super) async fn list(State(app): State<App>) -> Json<Faults> {
    Json(Faults { faults: app.emulator().faults() })
}

pub(super) async fn inject(
    State(app): State<App>,
    Object(fault): Object<Fault>,
) -> Result<(StatusCode, Json<FaultState>), ApiError> {
    if let Some(id) = fault.channel() {
        app.channel(id.as_str())?;
    }
    let id = app.emulator().inject(fault);
    app.journal().touch();
    let state = app.emulator().faults().into_iter().find(|fault| fault.id == id);
    // A request may have met it already.
    let state = state.ok_or_else(|| ApiError::conflict("the fault was used up or removed meanwhile"))?;
    Ok((StatusCode::CREATED, Json(state)))
}

pub(super) async fn clear(
    State(app): State<App>,
    Parameters(filter): Parameters<Filter>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    match &filter.channel_id {
        Some(id) => app.emulator().clear_channel_faults(&app.channel(id)?.id),
        None => app.emulator().clear_faults(),
    }
    app.journal().touch();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    let removed = id.parse().is_ok_and(|id| app.emulator().remove_fault(id));
    if !removed {
        return Err(ApiError::not_found(
            "there is no fault with this id: GET /_emulator/faults lists those that there are",
        ));
    }
    app.journal().touch();
    Ok(StatusCode::NO_CONTENT)
}

/// A body without members, for operations that take none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}
