//! The body of a response of the server, as it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use line_channel_token_core::{Clock, Sleep};

use crate::connections::Busy;
use crate::fallback::{BoxError, FallbackBody};

/// How long one byte of a slow body takes.
const PER_BYTE: Duration = Duration::from_secs(1);

/// A body of the emulator or of the fallback, during which the connection is not idle.
pub(crate) struct ServedBody {
    content: Content,
    _busy: Busy,
}

/// What is sent.
pub(crate) enum Content {
    Whole(Bytes),
    Truncated(TruncatedBody),
    Slow(SlowBody),
    Fallback(FallbackBody),
}

/// A body that breaks off.
pub(crate) struct TruncatedBody {
    rest: Bytes,
    is_sent: bool,
}

/// A body that arrives byte by byte.
pub(crate) struct SlowBody {
    rest: Bytes,
    clock: Arc<dyn Clock>,
    sleep: Option<Sleep>,
}

impl ServedBody {
    pub(crate) fn new(content: Content, busy: Busy) -> Self {
        Self { content, _busy: busy }
    }
}

impl Content {
    pub(crate) fn truncated(rest: Bytes) -> Self {
        Self::Truncated(TruncatedBody { rest, is_sent: false })
    }

    pub(crate) fn slow(rest: Bytes, clock: Arc<dyn Clock>) -> Self {
        Self::Slow(SlowBody { rest, clock, sleep: None })
    }
}

type PolledFrame = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

fn whole(bytes: &mut Bytes) -> Option<Result<Frame<Bytes>, BoxError>> {
    (!bytes.is_empty()).then(|| Ok(Frame::data(std::mem::take(bytes))))
}

impl TruncatedBody {
    fn poll(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        if let Some(frame) = whole(&mut self.rest) {
            return Poll::Ready(Some(frame));
        }
        if !self.is_sent {
            // Pending once, because hyper sends what it has before it polls again, and nothing after an error.
            self.is_sent = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err("an injected fault ends the body here".into())))
    }
}

impl SlowBody {
    fn poll(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let clock = &self.clock;
        let sleep = self.sleep.get_or_insert_with(|| clock.sleep(PER_BYTE));
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(1)))))
    }
}

impl Body for ServedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        match &mut self.content {
            Content::Whole(bytes) => Poll::Ready(whole(bytes)),
            Content::Truncated(body) => body.poll(cx),
            Content::Slow(body) => body.poll(cx),
            Content::Fallback(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Truncated(_) => false,
            Content::Slow(body) => body.rest.is_empty(),
            Content::Fallback(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            // The response's header says how long the whole would be.
            Content::Truncated(_) => SizeHint::default(),
            Content::Slow(body) => SizeHint::with_exact(body.rest.len() as u64),
            Content::Fallback(body) => body.size_hint(),
        }
    }
}
