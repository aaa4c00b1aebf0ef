//! Records when responses say that they were made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::DATE;
use http::{Request, Response};
use line_channel_token::{Clock, HttpBackend, Limits, Sleep, SystemClock, TransportError, async_trait};

/// The time of a server beside that of this machine, both as Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) server: Duration,
    /// Just before the request was sent.
    pub(super) sent: Duration,
    /// Just after the response was complete.
    pub(super) received: Duration,
}

/// A backend that records the header `Date` of the responses that another one brings.
#[derive(Debug)]
pub(super) struct Recorder {
    backend: Arc<dyn HttpBackend>,
    readings: Mutex<Vec<Reading>>,
}

impl Recorder {
    pub(super) fn new(backend: Arc<dyn HttpBackend>) -> Self {
        Self { backend, readings: Mutex::default() }
    }

    pub(super) fn readings(&self) -> Vec<Reading> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl HttpBackend for Recorder {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let sent = SystemClock.now().unix;
        let response = self.backend.send(request, limits).await?;
        let received = SystemClock.now().unix;
        let date = response.headers().get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let server = date.and_then(|date| date.duration_since(std::time::SystemTime::UNIX_EPOCH).ok());
        if let Some(server) = server {
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            readings.push(Reading { server, sent, received });
        }
        Ok(response)
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        self.backend.sleep(duration)
    }
}
