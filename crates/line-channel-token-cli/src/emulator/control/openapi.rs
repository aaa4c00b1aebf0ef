//! The description of the control API.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) async fn serve() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION)
}
