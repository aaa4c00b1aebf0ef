//! The TCP connection to a client. Nobody who reads nothing can hold it for long.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How often a connection is looked at whose client has sent more requests than it has responses.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The connection, for what HTTP cannot do: hyper has one handle, and the request that it handles another.
#[derive(Clone, Debug)]
pub(crate) struct SharedStream(Arc<Mutex<TcpStream>>);

impl SharedStream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(stream)))
    }

    /// Lets the end of the connection be a TCP reset.
    pub(crate) fn reset_on_close(&self) {
        // If the option cannot be set, the connection still ends.
        let _ = self.lock().set_zero_linger();
    }

    /// Sends bytes past hyper, as far as the system takes them.
    pub(crate) async fn send_raw(&self, bytes: &[u8]) {
        // Once it is polled again, hyper has sent the responses to the requests before.
        tokio::task::yield_now().await;
        let _ = poll_fn(|cx| Pin::new(&mut *self.lock()).poll_write(cx, bytes)).await;
    }

    /// Completes once the client has closed its side, or is gone.
    pub(crate) async fn closed(&self) {
        loop {
            let mut byte = [0];
            match poll_fn(|cx| self.lock().poll_peek(cx, &mut ReadBuf::new(&mut byte))).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            // More requests are waiting. What is behind them cannot be read, but the system may know of the end.
            match poll_fn(|cx| pin!(self.lock().ready(Interest::READABLE)).poll(cx)).await {
                Ok(ready) if !ready.is_read_closed() => sleep(LOOK_AGAIN).await,
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Hyper and the request run in one task, so nobody waits for the lock.
    fn lock(&self) -> MutexGuard<'_, TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose writes fail if the client takes nothing for a while.
#[derive(Debug)]
pub(crate) struct ClientStream {
    stream: SharedStream,
    write_timeout: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl ClientStream {
    pub(crate) fn new(stream: SharedStream, write_timeout: Duration) -> Self {
        Self { stream, write_timeout, stalled: None }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.lock()).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream.lock()).poll_write(cx, buf);
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.lock()).poll_shutdown(cx)
    }
}
