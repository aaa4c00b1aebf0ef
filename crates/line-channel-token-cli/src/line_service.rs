//! The service that a command calls: LINE, unless another server is given.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::{Request, Response};
use line_channel_token::{
    BaseUrl, Client, Clock, Error, HttpBackend, HyperBackend, Limits, RetryPolicy, Sleep, SystemClock, TransportError,
    TransportErrorKind, async_trait,
};
use rustls::{ClientConfig, RootCertStore};

use crate::time_span;

/// `--timeout`, for a command that calls LINE.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CallArgs {
    /// How long a call may take, further attempts included, such as 10s, 500ms or 2m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_timeout, help_heading = "LINE channel")]
    pub(crate) timeout: Duration,
}

/// A day at most: clocks can be added to it without an overflow.
fn parse_timeout(text: &str) -> Result<Duration, String> {
    match time_span::parse(text)? {
        Duration::ZERO => Err("no call takes no time: give 1ms or more".to_owned()),
        time if time > Duration::from_secs(86_400) => Err("this is longer than a day".to_owned()),
        time => Ok(time),
    }
}

/// The service that a command calls.
#[derive(Clone, Debug)]
pub(crate) struct LineService {
    backend: Arc<dyn HttpBackend>,
    base_url: BaseUrl,
    timeout: Duration,
}

impl LineService {
    pub(crate) fn new(base_url: BaseUrl, call: CallArgs) -> Result<Self, Error> {
        let backend = backend(&base_url)?;
        Ok(Self { backend: Arc::new(backend), base_url, timeout: call.timeout })
    }

    /// The same service over another backend.
    pub(crate) fn over(self, backend: Arc<dyn HttpBackend>) -> Self {
        Self { backend, ..self }
    }

    /// A client for one call, whose time begins with the first request.
    pub(crate) fn client(&self) -> Client {
        self.client_with(RetryPolicy::default())
    }

    /// A client for one call that is attempted once.
    pub(crate) fn client_without_retry(&self) -> Client {
        self.client_with(RetryPolicy::never())
    }

    fn client_with(&self, retry: RetryPolicy) -> Client {
        let backend =
            WithDeadline { backend: Arc::clone(&self.backend), timeout: self.timeout, started: OnceLock::new() };
        let limits = Limits::default().with_timeout(self.timeout);
        let retry = retry.with_max_elapsed(self.timeout);
        Client::builder(backend).base_url(self.base_url.clone()).limits(limits).retry(retry).build()
    }

    /// What a spinner says.
    pub(crate) fn name(&self) -> String {
        host(&self.base_url)
    }
}

/// Host and port of a base URL.
pub(crate) fn host(base_url: &BaseUrl) -> String {
    let url = base_url.to_string();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

/// The backend for this server. Plain http, which goes to loopback addresses alone, needs no root certificates, and they take longer to load
/// than the whole call.
pub(crate) fn backend(base_url: &BaseUrl) -> Result<HyperBackend, Error> {
    if base_url.to_string().starts_with("https:") {
        return HyperBackend::new();
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::backend("the TLS provider supports neither TLS 1.2 nor 1.3"))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    HyperBackend::builder().tls_config(tls).no_proxy().build()
}

/// Gives each attempt of one call what is left of its time.
#[derive(Debug)]
struct WithDeadline {
    backend: Arc<dyn HttpBackend>,
    timeout: Duration,
    /// The first attempt, by the monotonic clock.
    started: OnceLock<Duration>,
}

#[async_trait]
impl HttpBackend for WithDeadline {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let now = SystemClock.now().monotonic;
        let elapsed = now.saturating_sub(*self.started.get_or_init(|| now));
        let left = self.timeout.saturating_sub(elapsed);
        let outcome = self.backend.send(request, limits.with_timeout(left.min(limits.timeout))).await;
        outcome.map_err(|error| match error.kind() {
            // A later attempt has an odd time, which nobody set.
            TransportErrorKind::Timeout if !elapsed.is_zero() => {
                TransportError::new(TransportErrorKind::Timeout, error.sent())
                    .with_detail(format!("no complete response within {} ms in all", self.timeout.as_millis()))
            }
            _ => error,
        })
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        self.backend.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use line_channel_token::BaseUrl;

    use super::{host, parse_timeout};

    #[test]
    fn a_call_takes_a_millisecond_to_a_day() {
        assert_eq!(parse_timeout("500ms").map(|time| time.as_millis()), Ok(500));
        assert_eq!(parse_timeout("1d").map(|time| time.as_secs()), Ok(86_400));
        for text in ["0", "0ms", "25h", "2d", "", "soon"] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_base_url_has_a_host_and_a_port() {
        for (url, expected) in [
            ("https://api.line.me", "api.line.me"),
            ("http://127.0.0.1:8787", "127.0.0.1:8787"),
            ("https://gateway.example:8443/line/", "gateway.example:8443"),
            ("http://[::1]:8787/", "[::1]:8787"),
        ] {
            assert_eq!(host(&BaseUrl::new(url).unwrap()), expected);
        }
    }
}
