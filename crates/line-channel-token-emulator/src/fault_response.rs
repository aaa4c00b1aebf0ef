//! The response of a request that has met a fault.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::error_bodies::{self, ErrorBody};
use crate::exchange::{Delivery, Exchange};
use crate::fault::Fault;
use crate::fault_kind::FaultKind;
use crate::response::REQUEST_ID;

/// How many spaces follow an oversized body, in bytes.
const OVERSIZE: usize = 16 * 1024 * 1024;

/// A fault's own response, or for one that leaves the client without any, what a gateway would respond that met it in the
/// client's place.
pub(crate) fn own_response(fault: &Fault, head: bool, request_id: &str, date: Option<HeaderValue>) -> Response<Bytes> {
    let status = match fault.kind {
        FaultKind::Hang => StatusCode::GATEWAY_TIMEOUT,
        FaultKind::ConnectionResetBefore | FaultKind::Garbage => StatusCode::BAD_GATEWAY,
        _ => fault.status,
    };
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
    let body = match &fault.body {
        _ if bodiless => Bytes::new(),
        Some(body) if fault.kind.has_own_response() => Bytes::copy_from_slice(body.as_bytes()),
        _ => Bytes::from(fitting_body(status)),
    };
    let mut response = Response::new(if head { Bytes::new() } else { body.clone() });
    *response.status_mut() = status;
    if !body.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if !bodiless {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The response on its way to the client, with what the fault does to it.
pub(crate) fn deliver(fault: &Fault, mut response: Response<Bytes>, head: bool) -> Exchange {
    let body = match fault.kind {
        FaultKind::InvalidJson if response.body().is_empty() => Some(Bytes::from_static(b"{")),
        FaultKind::InvalidJson => Some(response.body().slice(..response.body().len() / 2)),
        FaultKind::EmptyBody => Some(Bytes::new()),
        FaultKind::OversizedBody => Some(oversized(response.body())),
        _ => None,
    };
    if let Some(body) = body.filter(|_| !head) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        if fault.kind == FaultKind::EmptyBody {
            response.headers_mut().remove(CONTENT_TYPE);
        } else {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *response.body_mut() = body;
    }
    if fault.kind == FaultKind::WrongContentType {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    }
    if fault.kind == FaultKind::TruncatedBody && !head {
        truncate(&mut response);
    }
    if let Some(delay) = fault.retry_after {
        let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    for (name, value) in &fault.headers {
        response.headers_mut().insert(name, value.clone());
    }
    Exchange { response, delay: fault.delay, delivery: Delivery::of(fault.kind), is_altered: true }
}

/// Half of the body under the length of the whole; at least one byte is missing.
fn truncate(response: &mut Response<Bytes>) {
    let whole = response.body().len();
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(whole.max(1)));
    let half = response.body().slice(..whole / 2);
    *response.body_mut() = half;
}

fn oversized(body: &Bytes) -> Bytes {
    let mut oversized = BytesMut::with_capacity(body.len() + OVERSIZE);
    oversized.extend_from_slice(body);
    oversized.put_bytes(b' ', OVERSIZE);
    oversized.freeze()
}

/// A body in one of the two forms of LINE's errors; an empty object for a success.
fn fitting_body(status: StatusCode) -> String {
    match status {
        status if status.is_success() => "{}".to_owned(),
        StatusCode::BAD_REQUEST => error_bodies::PARAMETERS.to_string(),
        StatusCode::UNAUTHORIZED => error_bodies::INVALID_TOKEN.to_string(),
        StatusCode::TOO_MANY_REQUESTS => error_bodies::RATE_LIMIT.to_string(),
        status => ErrorBody::Message(status.canonical_reason().unwrap_or("Error").into()).to_string(),
    }
}
