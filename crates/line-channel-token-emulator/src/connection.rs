//! One connection of the server: HTTP/1.1, bodies within their limits.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;

use crate::emulator::Emulator;
use crate::request_body::{MAX_REQUEST_BODY, RequestBody};
use crate::unparsed_head::UnparsedHeads;

/// How long a request's headers may take, and likewise its body; also how long an idle connection is kept.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body that is too large is read and discarded, in bytes. If the connection were closed while the client is
/// still writing, the client would lose the 413.
const MAX_DISCARDED: usize = 2 * MAX_REQUEST_BODY;

/// Serves a connection until it ends.
pub(crate) async fn serve_connection(stream: TcpStream, emulator: Emulator, watcher: Watcher) {
    // Without the option small responses are delayed, and nothing else is wrong.
    let _ = stream.set_nodelay(true);
    let stream = UnparsedHeads::new(TokioIo::new(stream), emulator.clone());
    let service = service_fn(move |request| {
        let emulator = emulator.clone();
        async move { Ok::<_, Infallible>(respond(&emulator, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .half_close(true)
        .serve_connection(stream, service);
    // An error of one connection must not stop the others.
    let _ = watcher.watch(connection).await;
}

async fn respond(emulator: &Emulator, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(READ_TIMEOUT, receive(&parts, body)).await {
        Ok(body) => body,
        Err(_) => ReceivedBody::TooSlow,
    };
    let received = match &body {
        ReceivedBody::Whole(bytes) => RequestBody::Whole(bytes),
        ReceivedBody::TooLarge => RequestBody::TooLarge,
        ReceivedBody::TooSlow => RequestBody::TooSlow,
        ReceivedBody::Broken => RequestBody::Broken,
    };
    emulator.respond(&parts.method, &parts.uri, &parts.headers, received).map(Full::new)
}

enum ReceivedBody {
    Whole(Vec<u8>),
    TooLarge,
    TooSlow,
    Broken,
}

async fn receive(parts: &Parts, mut body: Incoming) -> ReceivedBody {
    let announced = body.size_hint().lower();
    // A client that sent `Expect: 100-continue` gets the 413 before it sends the body.
    if announced > MAX_REQUEST_BODY as u64 && (announced > MAX_DISCARDED as u64 || parts.headers.contains_key(EXPECT)) {
        return ReceivedBody::TooLarge;
    }
    let mut kept = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return ReceivedBody::Broken };
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= MAX_REQUEST_BODY {
            kept.extend_from_slice(&data);
        } else if seen > MAX_DISCARDED {
            break;
        }
    }
    if seen > MAX_REQUEST_BODY { ReceivedBody::TooLarge } else { ReceivedBody::Whole(kept) }
}
