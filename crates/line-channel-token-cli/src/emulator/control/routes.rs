//! Which handler responds.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};

use super::app::App;
use super::error::ApiError;
use super::guard::{HEALTH, guard};
use super::{channels, clock, events, faults, inspect, keys, openapi, state, tokens};
use crate::emulator::page;

/// The paths of the control API.
pub(super) fn operations() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        (HEALTH, get(state::health)),
        ("/_emulator/state", get(state::state)),
        ("/_emulator/requests", get(state::requests)),
        ("/_emulator/events", get(events::events)),
        ("/_emulator/clock/advance", post(clock::advance)),
        ("/_emulator/faults", get(faults::list).post(faults::inject).delete(faults::clear)),
        ("/_emulator/faults/{id}", delete(faults::remove)),
        ("/_emulator/channels", get(channels::list).post(channels::create)),
        ("/_emulator/channels/{id}", get(channels::show).delete(channels::remove)),
        ("/_emulator/channels/{id}/keys", post(keys::register)),
        ("/_emulator/channels/{id}/keys/{kid}", delete(keys::remove)),
        ("/_emulator/channels/{id}/secret", put(keys::set_secret)),
        ("/_emulator/channels/{id}/long-lived-token", post(tokens::reissue_long_lived)),
        ("/_emulator/channels/{id}/revoke", post(tokens::revoke_all)),
        ("/_emulator/channels/{id}/reset", post(channels::reset_one)),
        ("/_emulator/reset", post(channels::reset_all)),
        ("/_emulator/inspect", post(inspect::inspect)),
        ("/_emulator/openapi.json", get(openapi::serve)),
    ]
}

/// What responds to each path that is not LINE's.
pub(crate) fn router(app: App) -> Router {
    let mut guarded = Router::new();
    for (path, methods) in operations() {
        guarded = guarded.route(path, methods);
    }
    if app.has_page() {
        guarded = guarded.route("/", get(page::serve));
    }
    guarded
        .route("/_emulator", axum::routing::any(nothing))
        .route("/_emulator/", axum::routing::any(nothing))
        .route("/_emulator/{*rest}", axum::routing::any(nothing))
        .method_not_allowed_fallback(wrong_method)
        .layer(map_response(not_stored))
        .layer(from_fn_with_state(app.clone(), guard))
        .fallback(as_line)
        .with_state(app)
}

async fn nothing() -> ApiError {
    ApiError::not_found("there is nothing at this path: GET /_emulator/openapi.json says what there is")
}

async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "the path takes other methods: the header `Allow` names them")
}

/// Secrets and states that change are not for caches.
async fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(axum::http::HeaderValue::from_static("no-store"));
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(axum::http::HeaderValue::from_static("nosniff"));
    response
}

/// A path that is neither LINE's nor ours gets the emulator's own response, and is in its log.
async fn as_line(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The emulator's own limit is smaller; more than this is not read.
    match to_bytes(body, 4 * 1024 * 1024).await {
        Ok(bytes) => {
            let response = app.emulator().handle(&axum::http::Request::from_parts(parts, bytes));
            response.map(Body::from)
        }
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}
