//! Who may use the control API: no web page but ours, and only those with the control token if there is one.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::{Access, App};
use super::error::ApiError;
use crate::local_server::{Foreign, bearer, check_site};

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
    let may_be_any_host = access.control_token.is_some() || (access.beyond_loopback && path == HEALTH);
    let hosts = (!may_be_any_host).then_some(&*access.allowed_hosts);
    check_site(request, hosts, Some("/")).map_err(refusal)?;
    if path == HEALTH {
        return Ok(());
    }
    match &access.control_token {
        // The page holds nothing, and a browser sends no token for it; it asks for one.
        Some(_) if path == "/" => Ok(()),
        Some(token) => match bearer(request.headers()) {
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

fn refusal(foreign: Foreign) -> ApiError {
    ApiError::forbidden(match foreign {
        Foreign::HostCount => "send exactly one `Host`, such as `Host: localhost:8787`",
        Foreign::HostForm => "`Host` is no name or address",
        Foreign::Host => {
            "the control API is for this machine alone: call it at localhost, 127.0.0.1 or [::1]; or allow the name in `Host` \
             with --allow-host, or set a control token"
        }
        Foreign::Origin => "`Origin` is that of another site, which may not use the control API",
        Foreign::Site => "`Sec-Fetch-Site` is that of another site, which may not use the control API",
    })
}
