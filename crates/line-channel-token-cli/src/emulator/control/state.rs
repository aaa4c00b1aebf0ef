//! Health, state and requests.

use axum::Json;
use axum::extract::State;
use line_channel_token::ChannelId;
use line_channel_token::emulator::{ChannelState, FaultState};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::error::ApiError;
use super::extract::{Parameters, Sequence};
use crate::emulator::journal::{Counts, Entry};

/// How many requests the state shows.
const SHOWN: usize = 200;

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
}

/// Everything at once.
#[derive(Serialize)]
pub(super) struct Whole {
    now: f64,
    base_url: String,
    channels: Vec<ChannelState>,
    faults: Vec<FaultState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<Entry>>,
    counts: Counts,
}

#[derive(Serialize)]
pub(super) struct Requests {
    requests: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    channel_id: Option<String>,
    after: Option<Sequence>,
}

pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

pub(super) async fn state(State(app): State<App>) -> Json<Whole> {
    let requests = app.journal().tail(SHOWN);
    Json(Whole { requests: Some(requests), ..without_requests(&app) })
}

/// As `GET state`, but for the requests.
pub(super) fn without_requests(app: &App) -> Whole {
    Whole {
        now: now(app),
        base_url: app.base_url().to_owned(),
        channels: app.emulator().channels(),
        faults: app.emulator().faults(),
        requests: None,
        counts: app.journal().counts(),
    }
}

/// The emulator's time, in Unix seconds.
pub(super) fn now(app: &App) -> f64 {
    app.emulator().now().unix.as_secs_f64()
}

pub(super) async fn requests(
    State(app): State<App>,
    Parameters(filter): Parameters<Filter>,
) -> Result<Json<Requests>, ApiError> {
    let channel: Option<ChannelId> = match &filter.channel_id {
        Some(id) => Some(app.channel(id)?.id),
        None => None,
    };
    let requests = app.journal().after(filter.after.map_or(0, |after| after.0), channel.as_ref(), usize::MAX);
    Ok(Json(Requests { requests }))
}
