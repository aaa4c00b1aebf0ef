//! The responses: a token, a note that one was refused, and whether there is one.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use line_channel_token::cache::CachedToken;
use line_channel_token::configuration::TokenFamily;
use line_channel_token::{ChannelId, Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error_response::ErrorResponse;
use super::routes::App;
use crate::time_span;

/// A client that waits longer has given up itself.
const PATIENCE: Duration = Duration::from_secs(25);

/// What a request may ask for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    channel_id: Option<String>,
    min_valid: Option<String>,
}

/// The shape of a token.
#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    expires_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    channel_id: &'a str,
    token_family: &'static str,
}

/// `GET /token`.
pub(super) async fn token(
    State(app): State<App>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ErrorResponse> {
    let Query(Wanted { channel_id, min_valid }) = wanted.map_err(|_| bad_query())?;
    let (id, family) = find(&app, channel_id.as_deref())?;
    let pool = app.channels().pool();
    let min_valid = min_valid.as_deref().map(parse_min_valid).transpose()?;
    let call = async {
        match min_valid {
            Some(time) => pool.token_with_min_ttl(id, time).await,
            None => pool.token(id).await,
        }
    };
    let token = tokio::time::timeout(PATIENCE, call).await.map_err(|_| {
        ErrorResponse::unavailable("timeout", format!("there is no token yet after {} s", PATIENCE.as_secs()), None)
    })??;
    Ok(if wants_text(&headers) { as_text(&token) } else { as_json(&token, id, family) })
}

/// The token that LINE has refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    access_token: String,
}

#[derive(Serialize)]
struct RefusedBody {
    /// Whether it was the token that this server hands out; if not, there is another one already.
    was_current: bool,
}

/// `POST /token/refused`.
pub(super) async fn refused(
    State(app): State<App>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    body: Result<Json<Refused>, JsonRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(Wanted { channel_id, min_valid: _ }) = wanted.map_err(|_| bad_query())?;
    let (id, _) = find(&app, channel_id.as_deref())?;
    // A page of another site can send no such body without asking first, which nobody grants.
    let Json(Refused { access_token }) = body.map_err(|rejection| {
        ErrorResponse::new(
            rejection.status(),
            "invalid_body",
            "send `Content-Type: application/json` and {\"access_token\":\"…\"} with the token that LINE has refused",
        )
    })?;
    let given = Zeroizing::new(access_token);
    let pool = app.channels().pool();
    let current = pool.try_token(id);
    let current = current
        .filter(|token| bool::from(token.access_token().expose_secret().as_bytes().ct_eq(given.trim().as_bytes())));
    if let Some(token) = &current {
        pool.invalidate(id, token);
    }
    Ok(Json(RefusedBody { was_current: current.is_some() }).into_response())
}

#[derive(Serialize)]
struct HealthBody {
    status: &'static str,
}

/// `GET /healthz`: whether each channel has a token.
pub(super) async fn health(State(app): State<App>) -> Response {
    let pool = app.channels().pool();
    let is_ready = app.channels().ids().all(|id| pool.try_token(id).is_some());
    let (status, word) =
        if is_ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    (status, Json(HealthBody { status: word })).into_response()
}

fn find<'a>(app: &'a App, id: Option<&str>) -> Result<(&'a ChannelId, TokenFamily), ErrorResponse> {
    let channels = app.channels();
    channels.find(id).ok_or_else(|| match id {
        Some(_) => ErrorResponse::new(
            StatusCode::NOT_FOUND,
            "unknown_channel",
            "this server has no channel with this id: --channels or LINE_CHANNEL_ID say which it has",
        ),
        None => ErrorResponse::new(
            StatusCode::BAD_REQUEST,
            "channel_needed",
            format!("this server has {} channels: add ?channel_id=… to the path", channels.len()),
        ),
    })
}

fn bad_query() -> ErrorResponse {
    ErrorResponse::new(
        StatusCode::BAD_REQUEST,
        "invalid_query",
        "the query takes channel_id and min_valid, such as /token?channel_id=1234567890&min_valid=5m",
    )
}

fn parse_min_valid(text: &str) -> Result<Duration, ErrorResponse> {
    time_span::parse(text)
        .map_err(|what| ErrorResponse::new(StatusCode::BAD_REQUEST, "invalid_query", format!("min_valid: {what}")))
}

/// JSON is for programs; `text/plain` is for `$(curl …)`.
fn wants_text(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accepted =
        accepted.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let first = accepted.map(str::to_ascii_lowercase).find(|kind| matches!(&**kind, "text/plain" | "application/json"));
    first.is_some_and(|kind| kind == "text/plain")
}

fn as_text(token: &CachedToken) -> Response {
    let text = format!("{}\n", token.access_token().expose_secret());
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(CONTENT_TYPE, kind)], Body::from(text)).into_response()
}

fn as_json(token: &CachedToken, channel_id: &ChannelId, family: TokenFamily) -> Response {
    let now = SystemClock.now();
    let remaining = token.remaining(now);
    Json(TokenBody {
        access_token: token.access_token().expose_secret(),
        token_type: "Bearer",
        expires_in: remaining.as_secs(),
        expires_at: now.unix.saturating_add(remaining).as_secs(),
        key_id: token.key_id().map(|id| id.as_str()),
        channel_id: channel_id.as_str(),
        token_family: family.as_str(),
    })
    .into_response()
}
