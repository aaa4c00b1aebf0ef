//! A request body that knows whether the HTTP stack has begun to write the request.

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

/// A body in one piece, that reports to a [`Progress`].
///
/// A request's head says whether a body follows, so no stack can write the first byte of a request before it has asked
/// the body whether it is at its end. Until it asks, the server has got nothing.
///
/// A body that was [abandoned](Progress::abandon) before claims to go on, and fails when it is polled. hyper polls it
/// before it flushes an HTTP/1 head, and then closes the connection without a byte of the request. HTTP/2 sends the
/// head by itself: if a stack sends one in the very moment of giving up, the server can get it, but never its end.
#[derive(Debug)]
pub struct TrackedBody {
    data: Option<Bytes>,
    progress: Arc<AtomicU8>,
}

/// The caller's end of a [`TrackedBody`].
#[derive(Debug)]
pub struct Progress(Arc<AtomicU8>);

impl TrackedBody {
    /// The body, and the end that tells whether it was sent.
    #[must_use]
    pub fn new(data: Bytes) -> (Self, Progress) {
        let progress = Arc::new(AtomicU8::new(WAITING));
        (Self { data: (!data.is_empty()).then_some(data), progress: Arc::clone(&progress) }, Progress(progress))
    }

    /// Whether the request may go out. From the first time on, it counts as sent.
    fn start(&self) -> bool {
        let before = self.progress.compare_exchange(WAITING, STARTED, Ordering::AcqRel, Ordering::Acquire);
        before != Err(ABANDONED)
    }
}

impl Progress {
    /// Gives the request up. Where [`Sent::NotSent`] is the answer, the stack can no longer send it whole, and over HTTP/1
    /// nothing of it: its body fails instead.
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
        // An abandoned body claims to go on, so that it is polled before anything is flushed, and fails then.
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

/// The caller gave up before the request was sent.
#[derive(Debug)]
pub struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was given up before it was sent")
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
    fn once_given_up_it_cannot_be_sent_any_more() {
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
