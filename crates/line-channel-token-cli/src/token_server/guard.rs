//! Who gets tokens: programs of this machine and no page in a browser, and only those with the server's own token if there is one.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error_response::ErrorResponse;
use super::routes::{App, HEALTH};
use crate::local_server::{AccessKey, Foreign, bearer, check_site};

/// Who may ask.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) key: Option<AccessKey>,
    /// Whether requests come by a name of this machine. A browser reaches no socket in the file system, and knows no token of the server's own.
    pub(super) needs_loopback_host: bool,
}

/// Passes a request on, or refuses it.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&request, app.access()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check<B>(request: &axum::http::Request<B>, access: &Access) -> Result<(), ErrorResponse> {
    let hosts: Option<&[String]> = access.needs_loopback_host.then_some(&[]);
    check_site(request, hosts, None).map_err(refusal)?;
    match &access.key {
        Some(key)
            if request.uri().path() != HEALTH && !bearer(request.headers()).is_some_and(|given| key.matches(given)) =>
        {
            Err(ErrorResponse::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "this server takes a token of its own, which is not the channel's: send `Authorization: Bearer …` with what is in the file of \
                 --token-file",
            ))
        }
        _ => Ok(()),
    }
}

fn refusal(foreign: Foreign) -> ErrorResponse {
    let message = match foreign {
        Foreign::HostCount => "send exactly one `Host`, such as `Host: localhost`",
        Foreign::HostForm => "`Host` is no name or address",
        Foreign::Host => {
            "tokens are for programs of this machine alone: ask at localhost, 127.0.0.1 or [::1]; any other name takes a server with --token-file"
        }
        Foreign::Origin => "`Origin` says that a web page asks, and none gets a token",
        Foreign::Site => "`Sec-Fetch-Site` says that a web page of another site asks, and none gets a token",
    };
    ErrorResponse::new(StatusCode::FORBIDDEN, "forbidden", message)
}
