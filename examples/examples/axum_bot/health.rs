//! What an orchestrator asks: is the process alive, and may it get requests?

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use line_channel_token::cache::{CacheStatus, TokenCache};

/// `GET /health/live` and `GET /health/ready`.
pub fn router(tokens: TokenCache) -> Router {
    Router::new().route("/health/live", get(|| async { "alive" })).route("/health/ready", get(ready)).with_state(tokens)
}

/// 503 until there is a token, with the state of the cache as JSON. It holds no secret, and its error no text of a server.
async fn ready(State(tokens): State<TokenCache>) -> (StatusCode, Json<CacheStatus>) {
    let status = tokens.status();
    let code = if status.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(status))
}
