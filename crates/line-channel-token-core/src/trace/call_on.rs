//! The span of a call.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, info_span, warn};

use super::call_start::CallStart;
use super::exchange_on::ResendCount;
use super::fields::{TARGET, default_port, host_of, outcome_of_dropped};
use crate::{ChannelId, Clock, Error, RequestId};

/// The span of a call with all of its attempts. If it is dropped before [`end`](Self::end), it says that the call was cancelled.
pub(crate) struct CallSpan<'a> {
    span: Span,
    clock: &'a dyn Clock,
    started: Duration,
    attempts: u32,
    /// Of the last attempt.
    status: Option<u16>,
    request_id: Option<RequestId>,
    ended: bool,
}

impl<'a> CallSpan<'a> {
    pub(crate) fn new(start: &CallStart<'a>) -> Self {
        let CallStart { operation, channel_id, base_url, clock } = *start;
        let (scheme, authority) = base_url.scheme_and_authority();
        let span = info_span!(
            target: TARGET,
            "channel_access_token_call",
            otel.name = operation.as_str(),
            otel.kind = "client",
            operation = operation.as_str(),
            channel_id = channel_id.map(ChannelId::as_str),
            server.address = host_of(authority.host()),
            server.port = authority.port_u16().or_else(|| default_port(scheme)),
            attempts = Empty,
            http.response.status_code = Empty,
            request_id = Empty,
            duration_ms = Empty,
            outcome = Empty,
            error.type = Empty,
            otel.status_code = Empty,
            otel.status_description = Empty,
        );
        let started = if span.is_disabled() { Duration::ZERO } else { clock.now().monotonic };
        Self { span, clock, started, attempts: 0, status: None, request_id: None, ended: false }
    }

    /// An attempt begins with this request.
    pub(crate) fn begin_attempt(&mut self, request: &mut Request<Bytes>) {
        // The first is the rule, and an extension costs an allocation.
        if let Some(count) = ResendCount::after(self.attempts) {
            request.extensions_mut().insert(count);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.status = None;
        self.request_id = None;
    }

    /// What it sends and awaits, within the span.
    pub(crate) fn in_span<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.span.clone())
    }

    /// A response arrived, without an id that repeats what was sent.
    pub(crate) fn note_response(&mut self, response: &Response<Bytes>) {
        if !self.span.is_disabled() {
            self.status = Some(response.status().as_u16());
            self.request_id = RequestId::of(response.headers());
        }
    }

    /// The attempt failed, and another follows. If that succeeds, nobody else hears of this error.
    pub(crate) fn note_retry(&self, error: &Error, delay: Duration) {
        self.span.in_scope(|| {
            warn!(
                target: TARGET,
                attempt = self.attempts,
                error.type = error.kind().as_str(),
                %error,
                delay_ms = millis(delay),
                "the attempt failed and is repeated"
            );
        });
    }

    pub(crate) fn end(mut self, error: Option<&Error>) {
        self.ended = true;
        let Some(error) = error else { return self.record("ok", None) };
        self.record("error", Some(error.kind().as_str()));
        self.span.record("otel.status_description", display(error));
    }

    fn record(&self, outcome: &'static str, error_type: Option<&'static str>) {
        if self.span.is_disabled() {
            return;
        }
        self.span.record("attempts", self.attempts);
        if let Some(status) = self.status {
            self.span.record("http.response.status_code", status);
        }
        if let Some(request_id) = &self.request_id {
            self.span.record("request_id", request_id.as_str());
        }
        // A clock may be what panicked.
        if !std::thread::panicking() {
            let duration = self.clock.now().monotonic.saturating_sub(self.started);
            self.span.record("duration_ms", millis(duration));
        }
        self.span.record("outcome", outcome);
        if let Some(error_type) = error_type {
            self.span.record("error.type", error_type);
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

impl Drop for CallSpan<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let outcome = outcome_of_dropped();
            self.record(outcome, Some(outcome));
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
