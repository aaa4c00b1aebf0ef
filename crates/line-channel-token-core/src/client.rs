//! The nine methods.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::request_id::SentValues;
use crate::trace::{CallSpan, CallStart};
use crate::{
    AccessToken, Assertion, BaseUrl, ChannelId, ChannelSecret, Clock, Error, HttpBackend, JwtToken, KeyIds, Limits,
    Operation, RetryPolicy, Revoked, ShortLivedToken, StatelessToken, SystemClock, Timing, VerifiedToken, request,
    response,
};

/// Issues, verifies and revokes channel access tokens over a backend of your choice.
///
/// Cheap to clone; clones share the backend and its connections. Every method may be called from many tasks at once,
/// and dropping its future abandons the call.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret, Client};
/// # use line_channel_token_core::{HttpBackend, Limits, TransportError, async_trait};
/// # #[derive(Debug)] struct Backend;
/// # #[async_trait]
/// # impl HttpBackend for Backend {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Ok(http::Response::new(r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":900}"#.into()))
/// #     }
/// # }
///
/// # futures_executor::block_on(async {
/// let client = Client::new(Backend); // https://api.line.me
/// let (channel_id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let token = client.issue_stateless(&channel_id, &secret).await?;
/// assert_eq!(token.access_token().header_value(), "Bearer eyJ");
/// # Ok::<(), line_channel_token_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// Every method fails with an [`Error`] whose [`kind`](Error::kind) says why: a transport failure, an error response of the
/// server, or a response that could not be understood.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    backend: Box<dyn HttpBackend>,
    base_url: BaseUrl,
    /// The machine's, unless one was given.
    clock: Arc<dyn Clock>,
    /// Whether one was given: then it does the waiting too, and otherwise the backend's runtime if that can.
    has_given_clock: bool,
    limits: Limits,
    retry: RetryPolicy,
}

impl Client {
    /// A client of LINE itself, with the default limits, retries and clock.
    #[must_use]
    pub fn new(backend: impl HttpBackend) -> Self {
        Self::builder(backend).build()
    }

    /// A client whose settings differ from [`new`](Self::new).
    #[must_use]
    pub fn builder(backend: impl HttpBackend) -> ClientBuilder {
        ClientBuilder(Inner {
            backend: Box::new(backend),
            base_url: BaseUrl::line(),
            clock: Arc::new(SystemClock),
            has_given_clock: false,
            limits: Limits::default(),
            retry: RetryPolicy::default(),
        })
    }

    /// The clock that this client was given, or the machine's. Signers, caches and everything else that must agree with
    /// this client on the time take it from here.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// The URL that this client's requests go below.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.0.base_url
    }

    /// Issues a short-lived token (v2, `POST /v2/oauth/accessToken`): 30 days. Elsewhere this is called "long-lived (v1)".
    ///
    /// A channel holds 30 at a time, and LINE **silently revokes the oldest** for the 31st. LINE asks not to issue
    /// one per call and allows 370 a second for each channel.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](crate::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub async fn issue(&self, channel_id: &ChannelId, secret: &ChannelSecret) -> Result<ShortLivedToken, Error> {
        self.call(
            Operation::Issue,
            Some(channel_id),
            || request::issue(&self.0.base_url, channel_id, secret),
            response::issue,
        )
        .await
    }

    /// Verifies a short-lived or long-lived token (`POST /v2/oauth/verify`).
    ///
    /// # Errors
    ///
    /// [`InvalidToken`](crate::ErrorKind::InvalidToken) if it is unknown, expired or revoked; otherwise see
    /// [`Client`].
    pub async fn verify(&self, token: &AccessToken) -> Result<VerifiedToken, Error> {
        self.call(Operation::Verify, None, || request::verify(&self.0.base_url, token), response::verify).await
    }

    /// Revokes a short-lived or long-lived token (`POST /v2/oauth/revoke`). An unknown token is no error to LINE.
    ///
    /// # Errors
    ///
    /// See [`Client`].
    pub async fn revoke(&self, token: &AccessToken) -> Result<Revoked, Error> {
        self.call(Operation::Revoke, None, || request::revoke(&self.0.base_url, token), response::revoke).await
    }

    /// Issues a stateless token (v3) with the channel secret (`POST /oauth2/v3/token`): 15 minutes, no limit on how
    /// many, cannot be verified or revoked.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](crate::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub async fn issue_stateless(
        &self,
        channel_id: &ChannelId,
        secret: &ChannelSecret,
    ) -> Result<StatelessToken, Error> {
        let request = || request::issue_stateless(&self.0.base_url, channel_id, secret);
        self.call(Operation::IssueStateless, Some(channel_id), request, response::issue_stateless).await
    }

    /// Issues a stateless token (v3) with an assertion (`POST /oauth2/v3/token`).
    ///
    /// # Errors
    ///
    /// [`InvalidAssertion`](crate::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](crate::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub async fn issue_stateless_with_jwt(&self, assertion: &Assertion) -> Result<StatelessToken, Error> {
        let request = || request::issue_stateless_with_jwt(&self.0.base_url, assertion);
        self.call(Operation::IssueStatelessWithJwt, None, request, response::issue_stateless_with_jwt).await
    }

    /// Issues a v2.1 token (`POST /oauth2/v2.1/token`): up to 30 days, as the assertion's `token_exp` says.
    ///
    /// A channel holds 30 at a time and the 31st is **refused**. If the response is lost, a token may exist that
    /// nobody can revoke, so the call is then not repeated.
    ///
    /// # Errors
    ///
    /// [`TokenLimitReached`](crate::ErrorKind::TokenLimitReached),
    /// [`InvalidAssertion`](crate::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](crate::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub async fn issue_jwt(&self, assertion: &Assertion) -> Result<JwtToken, Error> {
        self.call(Operation::IssueJwt, None, || request::issue_jwt(&self.0.base_url, assertion), response::issue_jwt)
            .await
    }

    /// Verifies a v2.1 token (`GET /oauth2/v2.1/verify`).
    ///
    /// # Errors
    ///
    /// [`TokenExpired`](crate::ErrorKind::TokenExpired), [`TokenRevoked`](crate::ErrorKind::TokenRevoked) and
    /// [`InvalidToken`](crate::ErrorKind::InvalidToken); otherwise see [`Client`].
    pub async fn verify_jwt(&self, token: &AccessToken) -> Result<VerifiedToken, Error> {
        self.call(Operation::VerifyJwt, None, || request::verify_jwt(&self.0.base_url, token), response::verify_jwt)
            .await
    }

    /// Revokes a v2.1 token (`POST /oauth2/v2.1/revoke`). An unknown token is no error to LINE.
    ///
    /// # Errors
    ///
    /// [`InvalidClient`](crate::ErrorKind::InvalidClient) for a wrong id or secret; otherwise see [`Client`].
    pub async fn revoke_jwt(
        &self,
        channel_id: &ChannelId,
        secret: &ChannelSecret,
        token: &AccessToken,
    ) -> Result<Revoked, Error> {
        let request = || request::revoke_jwt(&self.0.base_url, channel_id, secret, token);
        self.call(Operation::RevokeJwt, Some(channel_id), request, response::revoke_jwt).await
    }

    /// Lists the key ids of the channel's valid v2.1 tokens (`GET /oauth2/v2.1/tokens/kid`).
    ///
    /// # Errors
    ///
    /// [`InvalidAssertion`](crate::ErrorKind::InvalidAssertion) and
    /// [`UnknownAssertionKey`](crate::ErrorKind::UnknownAssertionKey); otherwise see [`Client`].
    pub async fn key_ids(&self, assertion: &Assertion) -> Result<KeyIds, Error> {
        self.call(Operation::KeyIds, None, || request::key_ids(&self.0.base_url, assertion), response::key_ids).await
    }

    /// A call within its span.
    async fn call<T>(
        &self,
        operation: Operation,
        channel_id: Option<&ChannelId>,
        build: impl Fn() -> Result<Request<Bytes>, Error> + Send,
        read: fn(&Response<Bytes>, Timing) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Inner { base_url, clock, .. } = &*self.0;
        let mut span = CallSpan::new(&CallStart { operation, channel_id, base_url, clock: &**clock });
        let outcome = self.attempt(operation, build, read, &mut span).await;
        span.end(outcome.as_ref().err());
        outcome
    }

    /// Attempts the call until it succeeds or must not be repeated.
    async fn attempt<T>(
        &self,
        operation: Operation,
        build: impl Fn() -> Result<Request<Bytes>, Error> + Send,
        read: fn(&Response<Bytes>, Timing) -> Result<T, Error>,
        span: &mut CallSpan<'_>,
    ) -> Result<T, Error> {
        let Inner { backend, limits, retry, .. } = &*self.0;
        let clock = &*self.0.clock;
        let mut started = None;
        let mut schedule = None;
        loop {
            let sent_at = clock.now();
            let started = *started.get_or_insert(sent_at);
            let mut request = build()?;
            span.begin_attempt(&mut request);
            let sent = SentValues::of(&request);
            let error = match span.in_span(backend.send(request, *limits)).await {
                Ok(mut response) => {
                    sent.remove_echo(response.headers_mut());
                    span.note_response(&response);
                    match read(&response, Timing { sent_at, received_at: clock.now() }) {
                        Ok(value) => return Ok(value),
                        Err(error) => error,
                    }
                }
                Err(error) => Error::transport(operation, error),
            };
            let elapsed = clock.now().monotonic.saturating_sub(started.monotonic);
            let schedule = schedule.get_or_insert_with(|| retry.schedule());
            let Some(delay) = schedule.next_delay(operation, &error, elapsed) else { return Err(error) };
            span.note_retry(&error, delay);
            if !span.in_span(self.wait(delay)).await {
                return Err(error);
            }
        }
    }

    /// Waits, and says whether that was possible.
    async fn wait(&self, wait: Duration) -> bool {
        if !self.0.has_given_clock
            && let Some(sleep) = self.0.backend.sleep(wait)
        {
            sleep.await;
            return true;
        }
        let clock = &*self.0.clock;
        let before = clock.now();
        clock.sleep(wait).await;
        // A clock whose timer is not available returns at once, and trying again at once would do more harm than good.
        // Half of the time is enough, because a clock and its timer need not run at exactly the same rate.
        clock.now().monotonic.saturating_sub(before.monotonic) >= wait / 2
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { backend, base_url, clock, limits, retry, .. } = &*self.0;
        f.debug_struct("Client")
            .field("backend", backend)
            .field("base_url", base_url)
            .field("clock", clock)
            .field("limits", limits)
            .field("retry", retry)
            .finish()
    }
}

/// Settings of a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::{BaseUrl, Client, Limits, RetryPolicy};
/// # use line_channel_token_core::{HttpBackend, Sent, TransportError, TransportErrorKind, async_trait};
/// # #[derive(Debug)] struct Backend;
/// # #[async_trait]
/// # impl HttpBackend for Backend {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Err(TransportError::new(TransportErrorKind::Connect, Sent::NotSent))
/// #     }
/// # }
///
/// let client = Client::builder(Backend)
///     .base_url(BaseUrl::new("https://gateway.example/line")?)
///     .limits(Limits::default().with_timeout(Duration::from_secs(3)))
///     .retry(RetryPolicy::default().with_max_attempts(2))
///     .build();
/// assert!(format!("{client:?}").contains("gateway.example"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct ClientBuilder(Inner);

impl ClientBuilder {
    /// Another server than LINE.
    #[must_use]
    pub fn base_url(mut self, base_url: BaseUrl) -> Self {
        self.0.base_url = base_url;
        self
    }

    /// Another clock than the machine's. It also does the waiting between attempts, which is otherwise
    /// [the backend's](HttpBackend::sleep) if that can wait. The sources and signers that are built with this client use it
    /// too: see [`Client::clock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.0.clock = clock;
        self.0.has_given_clock = true;
        self
    }

    /// The deadline and the bound on the body of each attempt.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    /// How failed calls are repeated.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.0.retry = retry;
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> Client {
        Client(Arc::new(self.0))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("base_url", &self.0.base_url).finish_non_exhaustive()
    }
}
