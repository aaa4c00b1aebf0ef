//! The transport error for an error that came through ureq.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use line_channel_token_transport::{self as transport, UNKNOWN, connect_timeout_error, timeout_error};
use ureq::Timeout;

use crate::failure::{Cause, Failure};

/// What is known of a call beside its error.
pub(crate) struct Attempt<'a> {
    /// Whether the URL is https.
    pub(crate) encrypted: bool,
    /// The proxy in between, as `scheme://host:port`, without credentials.
    pub(crate) proxy: Option<String>,
    pub(crate) sent: Sent,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: &'a Duration,
    /// Whether the head of the response has come.
    pub(crate) in_body: bool,
}

impl Attempt<'_> {
    /// The transport error of this call.
    pub(crate) fn error(&self, error: ureq::Error) -> TransportError {
        let other = |words| self.because(TransportErrorKind::Other, words);
        match error {
            ureq::Error::Other(error) => match error.downcast::<Cause>() {
                Ok(cause) => self.known(*cause),
                Err(_) => other(UNKNOWN),
            },
            ureq::Error::Timeout(Timeout::Connect) => {
                let attempt = transport::Attempt { encrypted: self.encrypted, proxy: self.proxy.clone() };
                connect_timeout_error(Some(*self.connect_timeout), self.sent, &attempt)
            }
            ureq::Error::Timeout(_) => timeout_error(self.timeout, self.sent),
            ureq::Error::Io(error) => match Failure::while_exchanging(&error) {
                Failure::Known(cause) => self.known(cause),
                Failure::Expired(expired) => self.error(ureq::Error::Timeout(expired.0)),
            },
            ureq::Error::Protocol(_) if self.sent == Sent::NotSent => other("ureq refuses the request"),
            ureq::Error::Protocol(_) if self.in_body => {
                other("the response is not HTTP: the framing of its body is malformed")
            }
            // A TLS port takes a plain request for a malformed handshake, and responds with an alert, which is not HTTP.
            ureq::Error::Protocol(_) if self.encrypted => other("the response is not HTTP"),
            ureq::Error::Protocol(_) => other("the response is not HTTP (a TLS port? use https)"),
            ureq::Error::LargeResponseHeader(..) => other("the response's headers are too large"),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => other("ureq refuses the request"),
            _ => other(UNKNOWN),
        }
    }

    pub(crate) fn because(&self, kind: TransportErrorKind, words: impl Into<Cow<'static, str>>) -> TransportError {
        TransportError::new(kind, self.sent).with_detail(words)
    }

    fn known(&self, cause: Cause) -> TransportError {
        let error = self.because(cause.kind, cause.words);
        match cause.system_error {
            Some(code) => error.with_source(io::Error::from_raw_os_error(code)),
            None => error,
        }
    }
}
