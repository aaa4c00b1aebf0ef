//! The emulator itself: a function from request to response, and a backend.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use line_channel_token_core::{ChannelId, Client, ClientBuilder, Clock, HttpBackend, Limits, TransportError};

use crate::bearer::{self, BearerError};
use crate::exchange::Exchange;
use crate::fault_list::MetFault;
use crate::fault_subject::RequestSubject;
use crate::record::{RequestRecord, shown_path};
use crate::request_body::RequestBody;
use crate::request_context::RequestContext;
#[cfg(feature = "server")]
use crate::response::ErrorResponse;
use crate::response::response;
use crate::shared::Shared;
use crate::{fault_response, random, router};

/// A LINE channel access token service in memory.
///
/// Cheap to clone; clones are the same service. It is an [`HttpBackend`], and [`client`](Self::client) is a
/// client of it, without a network; [`handle`](Self::handle) is the same without a future.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// use line_channel_token_emulator::{EmulatedChannel, Emulator};
///
/// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
/// let client = emulator.client();
/// let id = ChannelId::new("1234567890")?;
/// let token = futures_executor::block_on(client.issue_stateless(&id, &ChannelSecret::new("s3cret")?))?;
/// assert_eq!(token.expires_in().as_secs(), 900);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Emulator(Arc<Shared>);

impl Emulator {
    /// The emulator as the [`HttpBackend`] of a client: another handle on the same service, without a port. Both see the same
    /// tokens. [`client`](Self::client) has the emulator's clock too, so prefer it.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let id = ChannelId::new("1234567890")?;
    /// let secret = ChannelSecret::new("s3cret")?;
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let client = emulator.client();
    ///
    /// futures_executor::block_on(client.issue(&id, &secret))?;
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 1);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn backend(&self) -> Self {
        self.clone()
    }

    /// A client of this emulator, whose clock shows the emulator's time, also after [`advance`](Self::advance). A token source that is built with it passes the clock on to its
    /// signer and its cache.
    ///
    /// The client sleeps on that clock before it repeats a call, after a 429 for example. A clock that only the test moves, as
    /// the mock's `ManualClock::new()`, ends such a sleep only if another task or thread moves it: otherwise the call never
    /// returns. Take `ManualClock::auto_advancing()`, or
    /// [`RetryPolicy::never`](line_channel_token_core::RetryPolicy::never) with [`client_builder`](Self::client_builder).
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let client = emulator.client();
    ///
    /// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// let token = futures_executor::block_on(client.issue_stateless(&id, &secret))?;
    /// assert!(token.remaining(client.clock().now()).as_secs() > 890);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_builder().build()
    }

    /// The builder of [`client`](Self::client), with the emulator and its clock already set.
    ///
    /// A client that is built without it, as by `Client::new(emulator.clone())`, takes the time from the machine's clock.
    ///
    /// ```
    /// use line_channel_token_core::RetryPolicy;
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let client = emulator.client_builder().retry(RetryPolicy::never()).build();
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder(self.clone()).clock(Arc::clone(&self.0.clock) as Arc<dyn Clock>)
    }

    /// Responds to a request. Only the path, the query, the method, the headers and the body matter: host and scheme may
    /// be any, or none.
    ///
    /// There is no connection here, so of an injected [`Fault`](crate::Fault) only the response is seen: a delay does not hold it back, and
    /// one that ends too early is returned as it was cut. If a fault leaves the client without a response, this returns what a gateway would
    /// respond that met it in the client's place: 502, and 504 for one that hangs. The client of this emulator and its server do all of it.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Request;
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let response = emulator.handle(&Request::get("/nowhere").body(Bytes::new())?);
    /// assert_eq!(response.status(), 404);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.exchange(request).response
    }

    fn exchange(&self, request: &Request<Bytes>) -> Exchange {
        let body = RequestBody::of(request.body());
        self.respond(request.method(), request.uri(), request.headers(), body)
    }

    /// The channel whose access token a request has in its `Authorization` header, for a resource of your own: tokens of every family,
    /// stateless ones included, checked by the time of the token's channel. The emulator's own resources are those of the Messaging API that
    /// the [crate](crate) names.
    ///
    /// # Errors
    ///
    /// If there is no token, or none that is valid now. [`BearerError::to_response`] makes the 401 out of it.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use line_channel_token_emulator::Emulator;
    ///
    /// fn liff_apps(emulator: &Emulator, request: &Request<Bytes>) -> Response<Bytes> {
    ///     match emulator.check_bearer(request.headers()) {
    ///         Ok(channel) => Response::new(Bytes::from(format!("the apps of {channel}"))),
    ///         Err(error) => error.to_response(),
    ///     }
    /// }
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let request = Request::get("https://api.line.me/liff/v1/apps").header("authorization", "Bearer old");
    /// assert_eq!(liff_apps(&emulator, &request.body(Bytes::new())?).status(), 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_bearer(&self, headers: &HeaderMap) -> Result<ChannelId, BearerError> {
        let shared = self.shared();
        let status = bearer::token_status(shared, headers, shared.clock.time())?;
        bearer::live(status).map(|channel| channel.id().clone())
    }

    /// Responds to a request whose body may not have arrived whole.
    pub(crate) fn respond(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: RequestBody<'_>) -> Exchange {
        let request_id = random::request_id();
        let head = method == Method::HEAD;
        let mut context = RequestContext::new(&self.0);
        let time = context.time.0.unix;
        let met = self.0.faults.meet(|| RequestSubject::of(&self.0, method, uri, headers, body.received()));
        let mut channel_id = None;
        let (response, mut refusal) = match &met {
            Some(MetFault { fault, subject, .. }) if !fault.kind.has_effect() => {
                context.operation = subject.operation;
                channel_id = subject.channel_id.clone();
                (fault_response::own_response(fault, head, &request_id, self.0.dates.at(context.now.unix)), None)
            }
            _ => {
                let outcome = router::route(&mut context, method, uri, headers, body);
                let response = response(&outcome, head, &request_id, self.0.dates.at(context.now.unix));
                (response, outcome.err().map(|error| error.reason.into_owned()))
            }
        };
        let status = response.status();
        let exchange = match &met {
            Some(MetFault { fault, .. }) => fault_response::deliver(fault, response, head),
            None => Exchange::usual(response),
        };
        self.observe(|| {
            if let Some(MetFault { id, fault, .. }) = &met
                && let Some(effect) = fault.kind.effect()
            {
                let injected = format!("fault {id} was injected: {effect}");
                refusal = Some(refusal.map_or_else(|| injected.clone(), |refusal| format!("{injected}; {refusal}")));
            }
            RequestRecord {
                time,
                method: method.clone(),
                path: shown_path(uri.path()),
                operation: context.operation,
                channel_id: context.channel.as_ref().map(|channel| channel.id().clone()).or(channel_id),
                status,
                request_id,
                refusal,
                warnings: context.warnings,
                fault: met.as_ref().map(|met| met.id),
            }
        });
        exchange
    }

    /// Responds to what could not be parsed as a request.
    #[cfg(feature = "server")]
    pub(crate) fn respond_unparsed(&self, error: ErrorResponse) -> Response<Bytes> {
        let request_id = random::request_id();
        let reason = error.reason.clone().into_owned();
        let time = self.now().unix;
        let response = response(&Err(error), false, &request_id, self.0.dates.at(time));
        self.observe(|| RequestRecord {
            time,
            fault: None,
            method: Method::from_bytes(b"UNPARSED").unwrap_or_default(),
            path: String::new(),
            operation: None,
            channel_id: None,
            status: response.status(),
            request_id,
            refusal: Some(reason),
            warnings: Vec::new(),
        });
        response
    }

    fn observe(&self, record: impl FnOnce() -> RequestRecord) {
        if let Some(observer) = &self.0.settings.on_request {
            observer(&record());
        }
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = self.0.registry();
        let channels: Vec<&ChannelId> = registry.channels().into_iter().map(|channel| channel.id()).collect();
        f.debug_struct("Emulator")
            .field("channels", &channels)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpBackend for Emulator {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let exchange = self.exchange(&request);
        let wait = exchange.wait(limits);
        if !wait.is_zero() {
            self.0.clock.sleep(wait).await;
        }
        exchange.into_result(limits)
    }
}
