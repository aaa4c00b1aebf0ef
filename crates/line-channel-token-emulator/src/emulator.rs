//! The emulator itself: a function from request to response, and a backend.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use line_channel_token_core::{ChannelId, HttpBackend, Limits, Sent, TransportError, TransportErrorKind};

#[cfg(feature = "server")]
use crate::answer::Refusal;
use crate::answer::response;
use crate::builder::EmulatorBuilder;
use crate::call::{Call, Received};
use crate::random;
use crate::record::{RequestRecord, shown_path};
use crate::state::Inner;

/// The largest request body that is read, in bytes; a larger one is answered with 413. LINE says 2 MB.
pub const MAX_REQUEST_BODY: usize = 2_000_000;

/// A LINE channel access token service in memory.
///
/// Cheap to clone; clones are the same service. It is an [`HttpBackend`], so a client can be given
/// [`backend`](Self::backend) in place of a network, whatever the base URL; [`handle`](Self::handle) is the same without a future.
#[derive(Clone)]
pub struct Emulator(Arc<Inner>);

impl Emulator {
    /// Starts with LINE's settings and no channel.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// The emulator in process, as the [`HttpBackend`] of a client: a further handle on the same service, which opens
    /// no port. Tokens that the client issues are counted, expired and revoked through this one too.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret, Client};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let client = Client::new(emulator.backend());
    ///
    /// futures_executor::block_on(client.issue(&id, &secret))?;
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 1);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn backend(&self) -> Self {
        self.clone()
    }

    /// Answers a request. Only the path, the query, the method, the headers and the body matter: host and scheme may
    /// be any, or none.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let body = Received::of(request.body());
        self.answer(request.method(), request.uri(), request.headers(), body)
    }

    /// Answers a request whose body may have been trouble.
    pub(crate) fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Received<'_>,
    ) -> Response<Bytes> {
        let request_id = random::request_id();
        let mut call = Call::new(&self.0);
        let outcome = call.answer(method, uri, headers, body);
        let response = response(&outcome, method == Method::HEAD, &request_id);
        self.observe(|| RequestRecord {
            method: method.clone(),
            path: shown_path(uri.path()),
            operation: call.operation,
            channel_id: call.channel.map(|channel| self.0.channel(channel).id.clone()),
            status: response.status(),
            request_id,
            refusal: outcome.err().map(|refusal| refusal.reason.into_owned()),
            warnings: call.warnings,
        });
        response
    }

    /// Answers what was no request at all.
    #[cfg(feature = "server")]
    pub(crate) fn answer_unparsed(&self, refusal: Refusal) -> Response<Bytes> {
        let request_id = random::request_id();
        let reason = refusal.reason.clone().into_owned();
        let response = response(&Err(refusal), false, &request_id);
        self.observe(|| RequestRecord {
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

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels: Vec<&ChannelId> = self.0.channels().map(|channel| &channel.id).collect();
        f.debug_struct("Emulator")
            .field("channels", &channels)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpBackend for Emulator {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let response = self.handle(&request);
        if response.body().len() > limits.max_body {
            return Err(TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Maybe));
        }
        Ok(response)
    }
}
