//! A fault as a test describes it: what happens, to which requests, and how often.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use line_channel_token_core::{ChannelId, Error, Operation};

use crate::fault_kind::FaultKind;
use crate::request_subject::RequestSubject;

/// Which requests a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Everything,
    Operation(Operation),
    MessagingApi,
}

/// What one or more of the next requests meet in place of the usual response, or on top of it.
///
/// By default it is met by the next request to any of the eight token endpoints or to one of the emulator's resources of the
/// Messaging API, once. [`Emulator::inject`](crate::Emulator::inject) puts it in force. Its [kind](FaultKind) says whether the
/// request has its effect all the same.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret, RetryPolicy};
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, Fault};
///
/// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
/// emulator.inject(Fault::status(503)?.times(2));
///
/// let client = emulator.client_builder().retry(RetryPolicy::never()).build();
/// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let issue = || futures_executor::block_on(client.issue_stateless(&id, &secret));
/// assert!(issue().is_err());
/// assert!(issue().is_err());
/// assert!(issue().is_ok());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
///
/// With feature `serde` it is read from JSON, whose members are the names of these methods:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use line_channel_token_emulator::{Fault, FaultKind};
///
/// let json = r#"{"kind":"status","status":503,"retry_after_seconds":2,"operation":"issue_jwt","times":3}"#;
/// let fault: Fault = serde_json::from_str(json).unwrap();
/// assert_eq!(fault.kind(), FaultKind::Status);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(crate) kind: FaultKind,
    /// Of the kinds that have a response of their own.
    pub(crate) status: StatusCode,
    pub(crate) body: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) delay: Duration,
    pub(crate) target: Target,
    pub(crate) channel: Option<ChannelId>,
    /// `None` until it is cleared.
    pub(crate) times: Option<u64>,
}

/// What happens.
impl Fault {
    /// A response with this status, and with a body in the form of LINE's errors that fits. The request has no effect.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the status is not from 200 to 599.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let overloaded = Fault::status(429)?.with_retry_after(Duration::from_secs(2));
    /// assert!(Fault::status(100).is_err());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn status(status: u16) -> Result<Self, Error> {
        match StatusCode::from_u16(status) {
            Ok(valid) if (200..600).contains(&status) => Ok(Self { status: valid, ..Self::new(FaultKind::Status) }),
            _ => Err(Error::invalid_input(format!("status is {status}: give one from 200 to 599"))),
        }
    }

    /// The usual response, after this time on the emulator's clock. The request has its effect at once: a client that gives
    /// up meanwhile loses the token that it was issued.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let slow = Fault::delay(Duration::from_millis(800)).until_cleared();
    /// ```
    pub fn delay(delay: Duration) -> Self {
        Self::new(FaultKind::Delay).with_delay(delay)
    }

    /// No response at all until the client gives up. The request has no effect; [`delay`](Self::delay) is for one that has.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(!Fault::hang().kind().has_effect());
    /// ```
    pub fn hang() -> Self {
        Self::new(FaultKind::Hang)
    }

    /// A reset of the TCP connection in place of a response. The request has no effect, but a client cannot know that.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(!Fault::connection_reset_before().kind().has_effect());
    /// ```
    pub fn connection_reset_before() -> Self {
        Self::new(FaultKind::ConnectionResetBefore)
    }

    /// A reset of the TCP connection in place of a response. The request has its effect: a token may be issued, and nobody has
    /// it.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::connection_reset_after().kind().has_effect());
    /// ```
    pub fn connection_reset_after() -> Self {
        Self::new(FaultKind::ConnectionResetAfter)
    }

    /// Bytes that are no HTTP, and then the end of the connection. The request has no effect.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert_eq!(Fault::garbage().kind().as_str(), "garbage");
    /// ```
    pub fn garbage() -> Self {
        Self::new(FaultKind::Garbage)
    }

    /// The usual response, but the connection ends in the middle of its body, before the end that `Content-Length` announces.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::truncated_body().kind().has_effect());
    /// ```
    pub fn truncated_body() -> Self {
        Self::new(FaultKind::TruncatedBody)
    }

    /// The usual response with the first half of its body alone, correctly framed: JSON that does not end.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::invalid_json().kind().has_effect());
    /// ```
    pub fn invalid_json() -> Self {
        Self::new(FaultKind::InvalidJson)
    }

    /// A 502 with a page of HTML, as a gateway in front of LINE sends one. The request has no effect. For another status take
    /// [`status`](Self::status) and [`with_html_body`](Self::with_html_body).
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(!Fault::html().kind().has_effect());
    /// ```
    pub fn html() -> Self {
        Self { status: StatusCode::BAD_GATEWAY, ..Self::new(FaultKind::Html) }.with_html_body()
    }

    /// The usual response without its body.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::empty_body().kind().has_effect());
    /// ```
    pub fn empty_body() -> Self {
        Self::new(FaultKind::EmptyBody)
    }

    /// The usual response, whose body arrives one byte a second by the emulator's clock.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::slow_body().kind().has_effect());
    /// ```
    pub fn slow_body() -> Self {
        Self::new(FaultKind::SlowBody)
    }

    /// The usual response with 16 MiB of spaces behind it: still JSON, and more than a client should read.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::oversized_body().kind().has_effect());
    /// ```
    pub fn oversized_body() -> Self {
        Self::new(FaultKind::OversizedBody)
    }

    /// A 307 to `/redirected`, a path that the emulator does not have: a record of a request to it shows a client that follows
    /// redirects, and so hands its secret to whoever sends one. The request has no effect.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let elsewhere = Fault::redirect().with_header("location", "https://example.com/")?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn redirect() -> Self {
        let mut fault = Self { status: StatusCode::TEMPORARY_REDIRECT, ..Self::new(FaultKind::Redirect) };
        fault.headers.insert(http::header::LOCATION, HeaderValue::from_static("/redirected"));
        fault
    }

    /// The usual response with `Content-Type: text/html`.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert!(Fault::wrong_content_type().kind().has_effect());
    /// ```
    pub fn wrong_content_type() -> Self {
        Self::new(FaultKind::WrongContentType)
    }

    /// What happens.
    ///
    /// ```
    /// use line_channel_token_emulator::{Fault, FaultKind};
    ///
    /// assert_eq!(Fault::redirect().kind(), FaultKind::Redirect);
    /// ```
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The channel whose requests meet it; `None` if that of any channel do.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// assert_eq!(Fault::hang().channel(), None);
    /// ```
    #[must_use]
    pub fn channel(&self) -> Option<&ChannelId> {
        self.channel.as_ref()
    }

    pub(crate) fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            status: StatusCode::OK,
            body: None,
            headers: HeaderMap::new(),
            retry_after: None,
            delay: Duration::ZERO,
            target: Target::Everything,
            channel: None,
            times: Some(1),
        }
    }

    pub(crate) fn is_for(&self, subject: &RequestSubject) -> bool {
        let target = match self.target {
            Target::Everything => true,
            Target::Operation(operation) => subject.operation == Some(operation),
            Target::MessagingApi => subject.is_messaging,
        };
        target && self.channel.as_ref().is_none_or(|channel| subject.channel_id.as_ref() == Some(channel))
    }
}
