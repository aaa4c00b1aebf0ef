//! A backend of one's own: plain HTTP/1.1 over a Tokio socket, one connection for each request.
//!
//! `tests/custom_backend.rs` proves with `line-channel-token-conformance` that it keeps the contract of `HttpBackend`.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderValue};
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use line_channel_token::{HttpBackend, Limits, Sent, Sleep, TransportError, TransportErrorKind};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

#[derive(Clone, Debug)]
pub(crate) struct PlainTcp;

#[async_trait::async_trait]
impl HttpBackend for PlainTcp {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        if Handle::try_current().is_err() {
            return Err(not_sent(TransportErrorKind::Other, "this backend needs a Tokio runtime"));
        }
        let started = AtomicBool::new(false);
        // One deadline for everything. If it passes, the future is dropped, and its connection with it.
        match timeout(limits.timeout, exchange(request, limits.max_body, &started)).await {
            Ok(outcome) => outcome,
            Err(_) if started.load(Ordering::Relaxed) => {
                Err(maybe_sent(TransportErrorKind::Timeout, "no complete response in time"))
            }
            Err(_) => Err(not_sent(TransportErrorKind::Timeout, "no connection in time")),
        }
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        Handle::try_current().ok().map(|_| Box::pin(sleep(duration)) as Sleep)
    }
}

/// `NotSent` lets even `issue` be sent again, so it is for failures before the first byte of the request.
fn not_sent(kind: TransportErrorKind, detail: impl Into<String>) -> TransportError {
    TransportError::new(kind, Sent::NotSent).with_detail(detail.into())
}

fn maybe_sent(kind: TransportErrorKind, detail: impl Into<String>) -> TransportError {
    TransportError::new(kind, Sent::Unknown).with_detail(detail.into())
}

async fn exchange(
    request: Request<Bytes>,
    max_body: usize,
    started: &AtomicBool,
) -> Result<Response<Bytes>, TransportError> {
    let (request, host, port) = convert(request).ok_or_else(|| {
        // Neither the URL nor a part of it: two of LINE's endpoints have secrets in the query.
        not_sent(TransportErrorKind::Other, "the URL of the request is not an http URL")
    })?;
    let connect_error = |error: io::Error| not_sent(TransportErrorKind::Connect, error.kind().to_string());
    let socket = TcpStream::connect((host, port)).await.map_err(connect_error)?;
    let handshake = http1::handshake(TokioIo::new(socket)).await;
    let (mut sender, connection) = handshake.map_err(|_| not_sent(TransportErrorKind::Other, "hyper failed"))?;
    started.store(true, Ordering::Relaxed);
    let response = async move {
        let (parts, body) = sender.send_request(request).await.map_err(|error| interrupted(&error))?.into_parts();
        Ok(Response::from_parts(parts, read(body, max_body).await?))
    };
    // Driven here rather than in a task, so that the connection ends with the call.
    tokio::join!(response, connection).0
}

/// The request in the form that goes to a server, and the address of that.
fn convert(request: Request<Bytes>) -> Option<(Request<Full<Bytes>>, String, u16)> {
    let (mut parts, body) = request.into_parts();
    let url = parts.uri;
    let authority = url.authority().filter(|_| url.scheme() == Some(&Scheme::HTTP))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(80);
    parts.headers.insert(HOST, HeaderValue::from_str(authority.as_str()).ok()?);
    parts.uri = url.path_and_query().map_or(Uri::from_static("/"), |path| Uri::from(path.clone()));
    Some((Request::from_parts(parts, Full::new(body)), host, port))
}

/// The body, as long as it is not larger than allowed.
async fn read(mut body: Incoming, max_body: usize) -> Result<Bytes, TransportError> {
    let too_large = || maybe_sent(TransportErrorKind::BodyTooLarge, format!("the limit is {max_body} bytes"));
    if body.size_hint().lower() > max_body as u64 {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| interrupted(&error))?;
        let chunk = frame.into_data().unwrap_or_default();
        if chunk.len() > max_body - bytes.len() {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// A connection that broke, unless what came was not HTTP. The error's own text stays here: it can hold what the server sent.
fn interrupted(error: &hyper::Error) -> TransportError {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_parse() || matches!(io, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput)) {
        return maybe_sent(TransportErrorKind::Other, "the response is not HTTP");
    }
    maybe_sent(TransportErrorKind::Interrupted, "connection closed or reset")
}
