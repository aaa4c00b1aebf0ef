//! A request body that knows whether the HTTP client has begun to write the request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::{error, fmt};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use line_channel_token_core::Sent;

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const ABANDONED: u8 = 2;

/// A body in one chunk that reports to a [`Progress`].
///
/// The head of a request says whether a body follows, so no HTTP client can write the first byte of a request before it has asked
/// the body whether it is at its end. Until it asks, the server has received nothing.
///
/// A body that was [abandoned](Progress::abandon) before claims not to be at its end, and fails when it is polled. hyper polls it
/// before it flushes an HTTP/1 head, and then closes the connection without a byte of the request. HTTP/2 sends the head
/// separately: a client that sends it while the request is abandoned can deliver the head, but never the end of the request.
///
/// ```
/// use bytes::Bytes;
/// use http_body::Body;
/// use line_channel_token_core::Sent;
/// use line_channel_token_transport::TrackedBody;
///
/// let (body, progress) = TrackedBody::new(Bytes::from_static(b"a=b"));
/// assert!(!body.is_end_stream()); // as hyper asks before it writes
/// assert_eq!(progress.abandon(), Sent::Unknown);
/// ```
#[derive(Debug)]
pub struct TrackedBody {
    data: Option<Bytes>,
    progress: Arc<AtomicU8>,
}

/// The caller's side of a [`TrackedBody`].
///
/// ```
/// use line_channel_token_core::Sent;
/// use line_channel_token_transport::TrackedBody;
///
/// let (_body, progress) = TrackedBody::new(bytes::Bytes::new());
/// assert_eq!(progress.abandon(), Sent::NotSent);
/// ```
#[derive(Debug)]
pub struct Progress(Arc<AtomicU8>);

impl TrackedBody {
    /// The body, and the side that knows whether it was sent.
    #[must_use]
    pub fn new(data: Bytes) -> (Self, Progress) {
        let progress = Arc::new(AtomicU8::new(WAITING));
        (Self { data: (!data.is_empty()).then_some(data), progress: Arc::clone(&progress) }, Progress(progress))
    }

    /// Whether the request may be sent. From the first call on, it counts as sent.
    fn start(&self) -> bool {
        let before = self.progress.compare_exchange(WAITING, STARTED, Ordering::AcqRel, Ordering::Acquire);
        before != Err(ABANDONED)
    }
}

impl Progress {
    /// Abandons the request. After [`Sent::NotSent`] the client can no longer send the whole of it, and over HTTP/1 nothing of it:
    /// its body fails instead.
    pub fn abandon(&self) -> Sent {
        match self.0.compare_exchange(WAITING, ABANDONED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(ABANDONED) => Sent::NotSent,
            Err(_) => Sent::Unknown,
        }
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Abandoned;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Abandoned>>> {
        if !self.start() {
            return Poll::Ready(Some(Err(Abandoned)));
        }
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        // An abandoned body claims not to be at its end, so that it is polled before anything is flushed, and fails then.
        self.start() && self.data.is_none()
    }

    /// Does not count as a start: layers above the connection ask for the size as well.
    fn size_hint(&self) -> SizeHint {
        let size = self.data.as_ref().map_or(0, |data| data.len() as u64);
        // hyper never polls a body of size 0, nor that of a GET of unknown size, and flushes the head at once: so an
        // abandoned body claims to hold something.
        let abandoned = self.progress.load(Ordering::Acquire) == ABANDONED;
        SizeHint::with_exact(if abandoned { size.max(1) } else { size })
    }
}

/// The caller abandoned the request before it was sent.
///
/// ```
/// use line_channel_token_transport::Abandoned;
///
/// assert_eq!(Abandoned.to_string(), "the request was abandoned before it was sent");
/// ```
#[derive(Debug)]
pub struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was abandoned before it was sent")
    }
}

impl error::Error for Abandoned {}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use http_body::Body;
    use line_channel_token_core::Sent;

    use super::TrackedBody;

    #[test]
    fn it_counts_as_sent_from_the_first_question_about_its_end() {
        let (body, progress) = TrackedBody::new(Bytes::from_static(b"abc"));
        assert_eq!(body.size_hint().exact(), Some(3));
        assert!(!body.is_end_stream());
        assert_eq!(progress.abandon(), Sent::Unknown);

        let (empty, progress) = TrackedBody::new(Bytes::new());
        assert!(empty.is_end_stream());
        assert_eq!(progress.abandon(), Sent::Unknown);
    }

    #[test]
    fn once_abandoned_it_cannot_be_sent() {
        for data in ["abc", ""] {
            let (mut body, progress) = TrackedBody::new(Bytes::from_static(data.as_bytes()));
            assert_eq!(progress.abandon(), Sent::NotSent);
            assert!(!body.is_end_stream(), "it must be polled");
            assert!(body.size_hint().lower() > 0, "it must be polled");
            let frame = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(frame, Poll::Ready(Some(Err(_)))));
            assert_eq!(progress.abandon(), Sent::NotSent);
        }
    }
}
