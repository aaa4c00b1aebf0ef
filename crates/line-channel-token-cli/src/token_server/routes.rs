//! Which handler responds.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};

use super::channels::Channels;
use super::error_response::ErrorResponse;
use super::guard::{Access, guard};
use super::handlers;

pub(super) const HEALTH: &str = "/healthz";

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(super) struct App(Arc<Shared>);

struct Shared {
    channels: Channels,
    access: Access,
}

impl App {
    pub(super) fn new(channels: Channels, access: Access) -> Self {
        Self(Arc::new(Shared { channels, access }))
    }

    pub(super) fn channels(&self) -> &Channels {
        &self.0.channels
    }

    pub(super) fn access(&self) -> &Access {
        &self.0.access
    }
}

pub(super) fn router(app: App) -> Router {
    Router::new()
        .route("/token", get(handlers::token))
        .route("/token/refused", post(handlers::refused))
        .route(HEALTH, get(handlers::health))
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), guard))
        .layer(map_response(not_stored))
        .with_state(app)
}

async fn nothing() -> ErrorResponse {
    ErrorResponse::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path: GET /token, POST /token/refused or GET /healthz",
    )
}

async fn wrong_method() -> ErrorResponse {
    ErrorResponse::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "the path takes other methods: the header `Allow` names them",
    )
}

/// Tokens are not for caches.
async fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
