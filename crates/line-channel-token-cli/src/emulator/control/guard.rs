//! No web page but ours may use the control API: `Host` keeps out DNS rebinding, `Origin` and `Sec-Fetch-Site` other sites, and the
//! control token everybody else.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::{Access, App};
use super::error::ApiError;
use super::host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
pub(super) const HEALTH: &str = "/_emulator/health";

/// Passes a request on, or refuses it.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&request, app.access()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check<B>(request: &axum::http::Request<B>, access: &Access) -> Result<(), ApiError> {
    let path = request.uri().path();
    let headers = request.headers();
    let host = host_of(request)?;
    let may_be_any_host = access.control_token.is_some() || (access.beyond_loopback && path == HEALTH);
    if !may_be_any_host && !host.iter().all(|host| host::is_allowed(host, &access.allowed_hosts)) {
        return Err(ApiError::forbidden(
            "the control API is for this machine alone: call it at localhost, 127.0.0.1 or [::1]; or allow the name in `Host` \
             with --allow-host, or set a control token",
        ));
    }
    let host = host.into_iter().next();
    for origin in headers.get_all(ORIGIN) {
        if !host.as_ref().is_some_and(|host| host::is_own_origin(origin.as_bytes(), host)) {
            return Err(ApiError::forbidden("`Origin` is that of another site, which may not use the control API"));
        }
    }
    let is_navigation = path == "/" && request.method() == Method::GET && only(headers, &SEC_FETCH_DEST, b"document");
    if headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none") && !is_navigation {
        return Err(ApiError::forbidden("`Sec-Fetch-Site` is that of another site, which may not use the control API"));
    }
    if path == HEALTH {
        return Ok(());
    }
    match &access.control_token {
        // The page holds nothing, and a browser sends no token for it; it asks for one.
        Some(_) if path == "/" => Ok(()),
        Some(token) => match bearer(headers) {
            Some(given) if token.matches(given) => Ok(()),
            _ => Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "the control API of this emulator takes its control token: send `Authorization: Bearer …`",
            )),
        },
        None if access.beyond_loopback => Err(ApiError::forbidden(
            "this emulator listens beyond loopback, and has no control token, so its control API and page are off: set \
             LINE_EMULATOR_CONTROL_TOKEN, or --control-token-file",
        )),
        None => Ok(()),
    }
}

/// The hosts that the request names, in `Host` and in an absolute URI. One is needed, and no more than one of each.
fn host_of<B>(request: &axum::http::Request<B>) -> Result<Vec<Authority>, ApiError> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(ApiError::forbidden("send exactly one `Host`, such as `Host: localhost:8787`"));
    };
    let host = Authority::try_from(host.as_bytes()).map_err(|_| ApiError::forbidden("`Host` is no name or address"))?;
    Ok(std::iter::once(host).chain(request.uri().authority().cloned()).collect())
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

fn only(headers: &HeaderMap, name: &HeaderName, wanted: &[u8]) -> bool {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    matches!(values[..], [value] if value.as_bytes() == wanted)
}
