//! One exchange over ureq.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::{PathAndQuery, Scheme};
use http::{Method, Request, Response, Uri};
use line_channel_token_core::{ExchangeSpan, HttpBackend, Limits, Sleep, TransportError, TransportErrorKind};
use line_channel_token_transport::{Pools, Protocol, ResolvedSettings, unsendable};
use ureq::Agent;
use zeroize::Zeroizing;

use crate::agents::agents;
use crate::call::CurrentCall;
use crate::deadline::LONGEST;
use crate::proxies::Proxies;
use crate::transport_error::Attempt;

/// Sends requests with [ureq](https://docs.rs/ureq), on the thread that asks for them. A clone shares its connections.
///
/// It needs no async runtime: [`blocking::Client`](crate::blocking::Client) makes calls over it as plain functions. The future of
/// [`send`](HttpBackend::send) is complete at its first poll, and that poll lasts as long as the call. So under an async runtime it
/// blocks a thread of the runtime: call it by `spawn_blocking` there, or take another backend.
///
/// A call cannot be dropped in the middle. It ends with its deadline ([`Limits::timeout`]) at the latest.
///
/// ```
/// use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret};
/// use line_channel_token_ureq::UreqBackend;
/// use line_channel_token_ureq::blocking::Client;
/// # use std::io::{Read, Write};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let base_url = BaseUrl::new(format!("http://{}", listener.local_addr()?))?;
/// # std::thread::spawn(move || {
/// #     let (mut stream, mut request) = (listener.accept().unwrap().0, String::new());
/// #     while !request.contains("client_secret=") {
/// #         let mut bytes = [0; 4096];
/// #         let count = stream.read(&mut bytes).unwrap();
/// #         request += std::str::from_utf8(&bytes[..count]).unwrap();
/// #     }
/// #     let body = r#"{"token_type":"Bearer","access_token":"t","expires_in":900}"#;
/// #     write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
/// # });
/// let client = line_channel_token_core::Client::builder(UreqBackend::new()?).base_url(base_url); // LINE's own without base_url
/// let client = Client::from(client.build());
/// let id = ChannelId::new("1234567890")?;
/// let token = client.issue_stateless(&id, &ChannelSecret::new("s3cret")?)?;
/// assert_eq!(token.expires_in().as_secs(), 900);
/// # Ok(())
/// # }
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// #     example().unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct UreqBackend(Arc<Inner>);

struct Inner {
    agents: Pools<Agent>,
    proxies: Proxies,
    connect_timeout: Duration,
}

impl UreqBackend {
    pub(crate) fn with_settings(settings: ResolvedSettings) -> Self {
        let ResolvedSettings { tls, proxies, connect_timeout, pool_idle_timeout } = settings;
        let proxies = Proxies::new(proxies);
        let agents = agents(tls, proxies.clone(), connect_timeout, pool_idle_timeout);
        Self(Arc::new(Inner { agents, proxies, connect_timeout }))
    }

    fn exchange(
        &self,
        request: Request<Bytes>,
        limits: Limits,
        span: &ExchangeSpan,
    ) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let encrypted = parts.uri.scheme() == Some(&Scheme::HTTPS);
        if parts.uri.scheme().is_none() || parts.uri.authority().is_none() {
            return Err(unsendable("the request's URI is not an absolute URL"));
        }
        if !encrypted && parts.uri.scheme() != Some(&Scheme::HTTP) {
            return Err(unsendable("the request's URL is neither http nor https"));
        }
        if log::log_enabled!(target: "ureq_proto::util", log::Level::Trace) {
            return Err(unsendable(LOGS_BODIES));
        }
        let proxy = self.0.proxies.for_url(&parts.uri);
        if let Some(proxy) = proxy.filter(|_| ExchangeSpan::is_enabled()) {
            span.record_proxy(&proxy.to_string());
        }
        let forwarded =
            !encrypted && proxy.is_some_and(|proxy| matches!(proxy.protocol, Protocol::Http | Protocol::Https));
        let call = CurrentCall::begin(target(&parts.uri, forwarded));
        let attempt = |in_body| Attempt {
            encrypted,
            proxy: proxy.map(ToString::to_string),
            sent: call.sent(),
            timeout: limits.timeout,
            connect_timeout: &self.0.connect_timeout,
            in_body,
        };
        let agent = self.0.agents.for_request(&parts.extensions);
        let mut outgoing = Request::new(());
        *outgoing.method_mut() = parts.method;
        *outgoing.uri_mut() = without_target(parts.uri).ok_or_else(|| unsendable("the request's URL is malformed"))?;
        *outgoing.headers_mut() = parts.headers;
        // The body is whole, so ureq knows them. If they said something else, the server would take the rest of the body for a request.
        outgoing.headers_mut().remove(CONTENT_LENGTH);
        outgoing.headers_mut().remove(TRANSFER_ENCODING);
        let timeout = Some(limits.timeout.min(LONGEST));
        let outgoing = agent.configure_request(outgoing).timeout_global(timeout).build();
        let response = if matches!(*outgoing.method(), Method::GET | Method::HEAD) {
            agent.run(outgoing)
        } else {
            agent.run(outgoing.map(|()| &body[..]))
        };
        let (mut parts, body) = response.map_err(|error| attempt(false).error(error))?.into_parts();
        // Those of ureq, one of which is the URL.
        parts.extensions.clear();
        let body = read_body(body, limits.max_body).map_err(|error| match error {
            BodyError::TooLarge => {
                let words = format!("more than {} bytes", limits.max_body);
                attempt(true).because(TransportErrorKind::BodyTooLarge, words)
            }
            BodyError::Ureq(error) => attempt(true).error(error),
        })?;
        Ok(Response::from_parts(parts, body))
    }
}

/// ureq's parser writes what it reads into the log at that level, and bodies hold tokens.
const LOGS_BODIES: &str = "the log is set to show each byte of a response, and so tokens: raise the level of the target \
                           `ureq_proto` above trace";

/// What stands in the request line: all of the URL for a proxy that forwards, and otherwise path and query.
fn target(url: &Uri, forwarded: bool) -> Zeroizing<String> {
    let path = url.path_and_query().map_or("/", PathAndQuery::as_str);
    Zeroizing::new(match url.authority() {
        Some(authority) if forwarded => format!("http://{authority}{path}"),
        _ => path.to_owned(),
    })
}

/// The URL without path and query.
fn without_target(url: Uri) -> Option<Uri> {
    let mut parts = url.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/"));
    Uri::from_parts(parts).ok()
}

/// How much memory is taken for a body before it comes, in bytes.
const AT_ONCE: u64 = 64 * 1024;

enum BodyError {
    TooLarge,
    Ureq(ureq::Error),
}

/// The whole body, or an error as soon as it is known to be larger than `max_body` bytes. What is not read closes the connection.
fn read_body(body: ureq::Body, max_body: usize) -> Result<Bytes, BodyError> {
    let announced = body.content_length().unwrap_or_default();
    if announced > max_body as u64 {
        return Err(BodyError::TooLarge);
    }
    // A server may announce what it never sends.
    let mut whole = Vec::with_capacity(announced.min(AT_ONCE) as usize);
    let one_more = (max_body as u64).saturating_add(1);
    let read = body.into_reader().take(one_more).read_to_end(&mut whole);
    if whole.len() > max_body {
        return Err(BodyError::TooLarge);
    }
    read.map_err(|error| BodyError::Ureq(error.into()))?;
    Ok(whole.into())
}

#[async_trait]
impl HttpBackend for UreqBackend {
    /// Blocks until the call has ended.
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let span = ExchangeSpan::new("ureq", &request);
        span.run_blocking(|| self.exchange(request, limits, &span))
    }

    /// Blocks the thread that polls it, so that no timer thread is needed.
    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        #[expect(clippy::disallowed_methods, reason = "this is what a clock would do, on the thread that waits")]
        Some(Box::pin(async move { std::thread::sleep(duration) }))
    }
}

impl fmt::Debug for UreqBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqBackend").finish_non_exhaustive()
    }
}
