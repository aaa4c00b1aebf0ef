//! What a request gets: a response, and how it is delivered.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use line_channel_token_core::{Limits, Sent, TransportError, TransportErrorKind};

use crate::fault_kind::FaultKind;

/// A response, and what becomes of it on its way to the client.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// If no response arrives, one that a gateway would send in its place.
    pub(crate) response: Response<Bytes>,
    /// How long it is held back, on the emulator's clock.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
    /// Whether a fault has touched it.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "of interest to the server alone"))]
    pub(crate) is_altered: bool,
}

/// How a response is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// One byte of the body a second.
    Slow,
    /// The connection ends within the body.
    Truncated,
    Garbage,
    Reset,
    Never,
}

impl Delivery {
    pub(crate) fn of(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Hang => Self::Never,
            FaultKind::ConnectionResetBefore | FaultKind::ConnectionResetAfter => Self::Reset,
            FaultKind::Garbage => Self::Garbage,
            FaultKind::TruncatedBody => Self::Truncated,
            FaultKind::SlowBody => Self::Slow,
            _ => Self::Whole,
        }
    }
}

impl Exchange {
    pub(crate) fn usual(response: Response<Bytes>) -> Self {
        Self { response, delay: Duration::ZERO, delivery: Delivery::Whole, is_altered: false }
    }

    /// How long a client in this process waits: until the end of the body, or until its deadline.
    pub(crate) fn wait(&self, limits: Limits) -> Duration {
        let body = match self.delivery {
            Delivery::Never => return limits.timeout,
            Delivery::Slow => Duration::from_secs(self.response.body().len() as u64),
            _ => Duration::ZERO,
        };
        self.delay.saturating_add(body).min(limits.timeout)
    }

    /// What such a client gets after that time: the same as over TCP.
    pub(crate) fn into_result(self, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        // Each of them was received whole, and only the emulator knows whether it had an effect.
        let error = |kind| Err(TransportError::new(kind, Sent::Unknown));
        let waited = self.wait(limits);
        if self.delivery == Delivery::Never || !waited.is_zero() && waited >= limits.timeout {
            return error(TransportErrorKind::Timeout);
        }
        match self.delivery {
            Delivery::Reset | Delivery::Truncated => error(TransportErrorKind::Interrupted),
            Delivery::Garbage => error(TransportErrorKind::Other),
            _ if self.response.body().len() > limits.max_body => error(TransportErrorKind::BodyTooLarge),
            _ => Ok(self.response),
        }
    }
}
