//! The body of a request to the fallback service.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use crate::timeouts::Timeouts;

/// The body of a request to the service beside the emulator's paths: bytes as they arrive. It fails with an [`io::Error`] if the client sends
/// nothing for 30 seconds, takes more than five minutes, or breaks off.
///
/// ```
/// use std::convert::Infallible;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use line_channel_token_emulator::{Emulator, RequestBodyStream};
///
/// async fn echo(request: Request<RequestBodyStream>) -> Result<Response<Full<Bytes>>, Infallible> {
///     let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
///     Ok(Response::new(Full::new(body)))
/// }
///
/// let server = Emulator::builder().build()?.server().fallback(tower::service_fn(echo));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct RequestBodyStream {
    body: Incoming,
    timeouts: Timeouts,
    /// Runs while the client sends nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs from the first time that there is nothing to read.
    late: Option<Pin<Box<Sleep>>>,
}

impl RequestBodyStream {
    pub(crate) fn new(body: Incoming, timeouts: Timeouts) -> Self {
        Self { body, timeouts, stalled: None, late: None }
    }
}

impl Body for RequestBodyStream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.stalled = None;
            let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "the body broke off or was badly framed");
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        let Timeouts { body_pause, body, .. } = self.timeouts;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(body_pause))).as_mut().poll(cx);
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(body))).as_mut().poll(cx);
        if stalled.is_pending() && late.is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body did not arrive in time"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for RequestBodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBodyStream").finish_non_exhaustive()
    }
}
