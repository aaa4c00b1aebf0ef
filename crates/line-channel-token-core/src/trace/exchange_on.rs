//! What an `ExchangeSpan` is with the feature `tracing`.

use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, Version};
use tracing::field::{Empty, display};
use tracing::{Instrument, Level, Span, debug_span, span_enabled};

use super::fields::{TARGET, default_port, host_of, outcome_of_dropped};
use crate::request_id::SentValues;
use crate::{Operation, TransportError};

/// How many times the same call was sent before; an extension of a request that is not the first.
#[derive(Clone, Copy)]
pub(crate) struct ResendCount(u32);

impl ResendCount {
    /// `None` for the first attempt.
    pub(crate) fn after(attempts: u32) -> Option<Self> {
        (attempts > 0).then_some(Self(attempts))
    }
}

pub(super) struct Exchange {
    span: Span,
    /// If somebody listens.
    sent: Option<SentValues>,
}

pub(super) fn is_enabled() -> bool {
    span_enabled!(target: TARGET, Level::DEBUG)
}

impl Exchange {
    pub(super) fn new(backend: &'static str, request: &Request<Bytes>) -> Self {
        let uri = request.uri();
        let operation = request.extensions().get::<Operation>().copied();
        let resend_count = request.extensions().get::<ResendCount>().map(|count| count.0);
        let method = known_method(request.method());
        let template = operation.map(Operation::path);
        let span = debug_span!(
            target: TARGET,
            "http_exchange",
            otel.name = %format_args!("{method}{}{}", if template.is_some() { " " } else { "" }, template.unwrap_or_default()),
            otel.kind = "client",
            backend,
            operation = operation.map(Operation::as_str),
            attempt = resend_count.map_or(1, |count| count.saturating_add(1)),
            http.request.method = method,
            http.request.resend_count = resend_count,
            url.scheme = uri.scheme_str(),
            url.template = template,
            server.address = uri.host().map(host_of),
            server.port = uri.port_u16().or_else(|| uri.scheme().and_then(default_port)),
            proxy = Empty,
            network.peer.address = Empty,
            network.peer.port = Empty,
            network.protocol.version = Empty,
            connection_reused = Empty,
            http.response.status_code = Empty,
            request_id = Empty,
            outcome = Empty,
            error.type = Empty,
            otel.status_code = Empty,
            otel.status_description = Empty,
        );
        let sent = (!span.is_disabled()).then(|| SentValues::of(request));
        Self { span, sent }
    }

    pub(super) fn record_proxy(&self, url: &str) {
        if self.span.is_disabled() {
            return;
        }
        // What cannot be parsed is not shown: a password may be in it.
        let Ok(url) = url.parse::<Uri>() else { return };
        let (Some(scheme), Some(host)) = (url.scheme_str(), url.host()) else { return };
        match url.port() {
            Some(port) => self.span.record("proxy", display(format_args!("{scheme}://{host}:{port}"))),
            None => self.span.record("proxy", display(format_args!("{scheme}://{host}"))),
        };
    }

    pub(super) fn record_peer(&self, address: SocketAddr) {
        self.span.record("network.peer.address", display(address.ip()));
        self.span.record("network.peer.port", address.port());
    }

    pub(super) fn record_connection_reused(&self, reused: bool) {
        self.span.record("connection_reused", reused);
    }

    pub(super) async fn run(
        &self,
        exchange: impl Future<Output = Result<Response<Bytes>, TransportError>> + Send,
    ) -> Result<Response<Bytes>, TransportError> {
        let unfinished = Unfinished(&self.span);
        let outcome = exchange.instrument(self.span.clone()).await;
        unfinished.finish();
        self.end(&outcome);
        outcome
    }

    pub(super) fn run_blocking(
        &self,
        exchange: impl FnOnce() -> Result<Response<Bytes>, TransportError>,
    ) -> Result<Response<Bytes>, TransportError> {
        let unfinished = Unfinished(&self.span);
        let outcome = self.span.in_scope(exchange);
        unfinished.finish();
        self.end(&outcome);
        outcome
    }

    fn end(&self, outcome: &Result<Response<Bytes>, TransportError>) {
        let Some(sent) = &self.sent else { return };
        match outcome {
            Ok(response) => {
                let status = response.status();
                self.span.record("http.response.status_code", status.as_u16());
                if let Some(version) = version(response.version()) {
                    self.span.record("network.protocol.version", version);
                }
                if let Some(request_id) = sent.request_id(response.headers()) {
                    self.span.record("request_id", request_id.as_str());
                }
                if status.is_client_error() || status.is_server_error() {
                    self.fail("error", status.as_str());
                } else {
                    self.span.record("outcome", "ok");
                }
            }
            Err(error) => {
                self.span.record("otel.status_description", display(error));
                self.fail("error", error.kind().as_str());
            }
        }
    }

    fn fail(&self, outcome: &'static str, error_type: &str) {
        record_failure(&self.span, outcome, error_type);
    }
}

fn record_failure(span: &Span, outcome: &'static str, error_type: &str) {
    span.record("outcome", outcome);
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

/// Says that the exchange was cancelled, unless it is finished before.
struct Unfinished<'a>(&'a Span);

impl Unfinished<'_> {
    fn finish(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let outcome = outcome_of_dropped();
        record_failure(self.0, outcome, outcome);
    }
}

/// A method that is none of HTTP's can be any text.
fn known_method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS" | "CONNECT" | "PATCH" | "TRACE") => known,
        _ => "_OTHER",
    }
}

fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}
