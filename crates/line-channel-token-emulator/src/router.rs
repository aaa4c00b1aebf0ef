//! Which handler responds to a request. No other file knows all of the endpoints.

use http::{HeaderMap, Method, StatusCode, Uri};

use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::messaging::Resource;
use crate::request_body::RequestBody;
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, Success};
use crate::{error_bodies, messaging, v2, v2_1, v3};

/// Whether the path is a token endpoint's or a resource's.
#[cfg(feature = "server")]
pub(crate) fn has_path(uri: &Uri) -> bool {
    Resource::from_uri(uri).is_some() || Endpoint::from_uri(uri).is_some()
}

/// Checks what every endpoint asks of a request, and calls the one that it is for.
pub(crate) fn route(
    context: &mut RequestContext<'_>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: RequestBody<'_>,
) -> Result<Success, ErrorResponse> {
    if let Some(resource) = Resource::from_uri(uri) {
        return messaging::respond(context, resource, method, headers, body);
    }
    let Some(endpoint) = Endpoint::from_uri(uri) else {
        let reason =
            "no endpoint has this path: the emulator has the eight token endpoints and five of the Messaging API";
        return Err(ErrorResponse::new(StatusCode::NOT_FOUND, error_bodies::NOT_FOUND, reason));
    };
    endpoint.check_method(method)?;
    context.set_endpoint(endpoint);
    let body = body.bytes()?;
    let warning = endpoint.check_headers(headers, &context.shared.settings.leniency)?;
    context.warnings.extend(warning);
    let form = Form::parse(if endpoint.is_get() { uri.query().unwrap_or_default().as_bytes() } else { body });
    match endpoint {
        Endpoint::V2Issue => v2::issue(context, &form),
        Endpoint::V2Verify => v2::verify(context, &form),
        Endpoint::V2Revoke => v2::revoke(context, &form),
        Endpoint::V3Token => v3::issue(context, form),
        Endpoint::V21Token => v2_1::issue(context, &form),
        Endpoint::V21Verify => v2_1::verify(context, &form),
        Endpoint::V21Revoke => v2_1::revoke(context, &form),
        Endpoint::V21KeyIds => v2_1::key_ids(context, &form),
    }
}
