//! Calls through a backend that blocks.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{HttpBackend, Limits, Sleep, TransportError, async_trait};

use crate::cases::runtimes::on_own_thread;

/// Makes each call through a backend that blocks on a thread of its own, as a program does that has such a backend and a runtime. So
/// the servers of the suite go on meanwhile.
#[doc(hidden)]
pub struct OnThreads(Arc<dyn HttpBackend>);

impl OnThreads {
    /// `backend` completes its futures at their first poll.
    #[must_use]
    pub fn new(backend: Arc<dyn HttpBackend>) -> Self {
        Self(backend)
    }
}

#[async_trait]
impl HttpBackend for OnThreads {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let backend = Arc::clone(&self.0);
        on_own_thread(move || {
            let mut call = backend.send(request, limits);
            match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => panic!("this backend does async I/O: remove `async_io` from the suite's `without`"),
            }
        })
        .await
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        self.0.sleep(duration)
    }
}

impl fmt::Debug for OnThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{Request, Response};
    use line_channel_token_core::{HttpBackend, Limits, TransportError, async_trait};

    use super::OnThreads;

    #[derive(Debug)]
    struct NeverReady;

    #[async_trait]
    impl HttpBackend for NeverReady {
        async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    #[should_panic(expected = "remove `async_io` from the suite's `without`")]
    async fn a_backend_that_does_not_block_is_found() {
        let _ = OnThreads::new(Arc::new(NeverReady)).send(Request::default(), Limits::default()).await;
    }
}
