//! One connection of the server: HTTP/1.1, bodies within their limits.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::EXPECT;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use line_channel_token_core::Clock;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client_stream::{ClientStream, SharedStream};
use crate::connections::Activity;
use crate::emulator::Emulator;
use crate::exchange::{Delivery, Exchange};
use crate::fallback::{Fallback, PeerAddr};
use crate::request_body::{MAX_REQUEST_BODY, RequestBody};
use crate::request_body_stream::RequestBodyStream;
use crate::router;
use crate::served_body::{Content, ServedBody};
use crate::timeouts::Timeouts;
use crate::unparsed_head::UnparsedHeads;

/// How much of a body that is too large is read and discarded, in bytes. If the connection were closed while the client is
/// still writing, the client would lose the 413.
const MAX_DISCARDED: usize = 8 * MAX_REQUEST_BODY;

/// What is no HTTP: the first bytes of an SSH server.
const GARBAGE: &[u8] = b"SSH-2.0-OpenSSH_9.9\r\n";

/// What each connection needs.
pub(crate) struct ConnectionSettings {
    pub(crate) emulator: Emulator,
    pub(crate) fallback: Option<Box<dyn Fallback>>,
    pub(crate) timeouts: Timeouts,
}

impl Clone for ConnectionSettings {
    fn clone(&self) -> Self {
        let fallback = self.fallback.as_deref().map(Fallback::clone_box);
        Self { emulator: self.emulator.clone(), fallback, timeouts: self.timeouts }
    }
}

/// An injected fault ends the connection without a response.
#[derive(Debug)]
struct Disconnected;

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an injected fault ends the connection")
    }
}

impl std::error::Error for Disconnected {}

/// Serves a connection until it ends.
pub(crate) async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    settings: ConnectionSettings,
    watcher: Watcher,
    activity: Activity,
) {
    // Without the option small responses are delayed, and nothing else is wrong.
    let _ = stream.set_nodelay(true);
    let ConnectionSettings { emulator, fallback, timeouts } = settings;
    let shared = SharedStream::new(stream);
    let foreign_bodies = Arc::new(AtomicBool::new(false));
    let stream = TokioIo::new(ClientStream::new(shared.clone(), timeouts.write));
    let stream = UnparsedHeads::new(stream, emulator.clone(), Arc::clone(&foreign_bodies));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let busy = activity.begin();
        let routed = match fallback.as_deref() {
            Some(fallback) if !router::has_path(request.uri()) => {
                foreign_bodies.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(PeerAddr(peer));
                Ok(fallback.call(request.map(|body| RequestBodyStream::new(body, timeouts))))
            }
            _ => Err(request),
        };
        let emulator = emulator.clone();
        let shared = shared.clone();
        let foreign_bodies = Arc::clone(&foreign_bodies);
        async move {
            let request = match routed {
                Ok(response) => {
                    let response = response.await;
                    return Ok(response.map(|body| ServedBody::new(Content::Fallback(body), busy)));
                }
                Err(request) => request,
            };
            let exchange = respond(&emulator, request, timeouts).await;
            if exchange.is_altered {
                foreign_bodies.store(true, Ordering::Relaxed);
            }
            let response = deliver(&emulator, exchange, &shared).await?;
            Ok::<_, Disconnected>(response.map(|content| ServedBody::new(content, busy)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .half_close(true)
        .serve_connection(stream, service);
    // An error of one connection must not stop the others.
    let _ = watcher.watch(connection).await;
}

/// The emulator's response, once the body has arrived.
async fn respond(emulator: &Emulator, request: Request<Incoming>, timeouts: Timeouts) -> Exchange {
    let (parts, body) = request.into_parts();
    let body = timeout(timeouts.body, receive(&parts, body, timeouts)).await.unwrap_or(ReceivedBody::TooSlow);
    let received = match &body {
        ReceivedBody::Whole(bytes) => RequestBody::Whole(bytes),
        ReceivedBody::TooLarge => RequestBody::TooLarge,
        ReceivedBody::TooSlow => RequestBody::TooSlow,
        ReceivedBody::Broken => RequestBody::Broken,
    };
    emulator.respond(&parts.method, &parts.uri, &parts.headers, received)
}

/// What the client gets, as an injected fault may have it.
async fn deliver(
    emulator: &Emulator,
    exchange: Exchange,
    stream: &SharedStream,
) -> Result<Response<Content>, Disconnected> {
    let Exchange { response, delay, delivery, .. } = exchange;
    let clock: Arc<dyn Clock> = Arc::clone(&emulator.shared().clock) as _;
    if !delay.is_zero() {
        clock.sleep(delay).await;
    }
    match delivery {
        Delivery::Whole => Ok(response.map(Content::Whole)),
        Delivery::Slow => Ok(response.map(|body| Content::slow(body, clock))),
        Delivery::Truncated => Ok(response.map(Content::truncated)),
        Delivery::Garbage => {
            stream.send_raw(GARBAGE).await;
            Err(Disconnected)
        }
        Delivery::Reset => {
            stream.reset_on_close();
            Err(Disconnected)
        }
        Delivery::Never => {
            stream.closed().await;
            Err(Disconnected)
        }
    }
}

enum ReceivedBody {
    Whole(Vec<u8>),
    TooLarge,
    TooSlow,
    Broken,
}

async fn receive(parts: &Parts, mut body: Incoming, timeouts: Timeouts) -> ReceivedBody {
    let announced = body.size_hint().lower();
    let is_too_large = announced > MAX_REQUEST_BODY as u64;
    // A client that sent `Expect: 100-continue` gets the 413 before it sends the body.
    if is_too_large && (announced > MAX_DISCARDED as u64 || parts.headers.contains_key(EXPECT)) {
        return ReceivedBody::TooLarge;
    }
    let mut kept = Vec::new();
    let mut seen = 0;
    loop {
        let frame = match timeout(timeouts.body_pause, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => return ReceivedBody::Broken,
            Ok(None) => break,
            Err(_) => return ReceivedBody::TooSlow,
        };
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > MAX_DISCARDED {
            break;
        }
        if seen <= MAX_REQUEST_BODY && !is_too_large {
            kept.extend_from_slice(&data);
        }
    }
    if seen > MAX_REQUEST_BODY { ReceivedBody::TooLarge } else { ReceivedBody::Whole(kept) }
}
