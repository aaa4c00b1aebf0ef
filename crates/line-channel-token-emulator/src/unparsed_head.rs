//! hyper responds to a head that it cannot parse by itself, with an empty 400, 414 or 431.
//!
//! Such a response is the last of its connection, and the only one without `X-Line-Request-Id`. So it is recognised when it is
//! written, and replaced by one with an id and a record.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use http::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::emulator::Emulator;
use crate::error_bodies;
use crate::response::ErrorResponse;

/// How many bytes may be buffered before they must be sent.
const MAX_UNSENT: usize = 64 * 1024;

/// Longer than any response that hyper makes by itself, in bytes.
const MAX_HYPER_RESPONSE: usize = 512;

/// A connection that replaces hyper's own responses.
pub(crate) struct UnparsedHeads<T> {
    inner: T,
    emulator: Emulator,
    unsent: BytesMut,
    /// Whether a response of this connection was somebody else's, whose body may look like a head.
    foreign_bodies: Arc<AtomicBool>,
}

impl<T: Write + Unpin> UnparsedHeads<T> {
    pub(crate) fn new(inner: T, emulator: Emulator, foreign_bodies: Arc<AtomicBool>) -> Self {
        Self { inner, emulator, unsent: BytesMut::new(), foreign_bodies }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    fn replace_own_response(&mut self) {
        // Only a response without a body ends like this, so most need no closer look.
        if !self.unsent.ends_with(b"\r\n\r\n") || self.foreign_bodies.load(Ordering::Relaxed) {
            return;
        }
        // hyper's own is short, and the last that it writes.
        let end = self.unsent.len().saturating_sub(MAX_HYPER_RESPONSE);
        let Some(tail) = self.unsent.get(end..) else { return };
        let Some(start) = tail.windows(7).rposition(|bytes| bytes == b"HTTP/1.") else { return };
        let start = end + start;
        let Some(replacement) = self.unsent.get(start..).and_then(|head| replacement(head, &self.emulator)) else {
            return;
        };
        self.unsent.truncate(start);
        self.unsent.extend(replacement);
    }
}

impl<T: Read + Unpin> Read for UnparsedHeads<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for UnparsedHeads<T> {
    /// Takes as many bytes as there is room for, so that a head is complete when it is flushed.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.unsent.len() >= MAX_UNSENT {
            ready!(self.poll_send(cx))?;
        }
        let room = MAX_UNSENT.saturating_sub(self.unsent.len());
        let taken = buf.get(..room).unwrap_or(buf);
        self.unsent.extend_from_slice(taken);
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.replace_own_response();
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.replace_own_response();
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The response to send, if this is one of hyper's own.
fn replacement(head: &[u8], emulator: &Emulator) -> Option<Vec<u8>> {
    let head = str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next()?;
    let mut date = None;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("x-line-request-id") {
            return None;
        }
        if name.eq_ignore_ascii_case("date") {
            date = Some(value);
        }
    }
    let response = emulator.respond_unparsed(error_response(status_line.get(9..12)?)?);
    let mut bytes = format!("{status_line}\r\n").into_bytes();
    for (name, value) in response.headers() {
        write_header(&mut bytes, name.as_str(), value.as_bytes());
    }
    if let Some(date) = date {
        write_header(&mut bytes, "date", date.as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(response.body());
    Some(bytes)
}

fn write_header(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend(name.as_bytes());
    bytes.extend(b": ");
    bytes.extend(value);
    bytes.extend(b"\r\n");
}

fn error_response(status: &str) -> Option<ErrorResponse> {
    let error = match status {
        "400" => {
            let reason = "the request line or a header cannot be parsed as HTTP/1.1; is the client speaking TLS? This port is plain HTTP";
            ErrorResponse::bad_request(error_bodies::UNPARSABLE_HEAD, reason)
        }
        "414" => {
            ErrorResponse::new(StatusCode::URI_TOO_LONG, error_bodies::URI_TOO_LONG, "the URI is longer than 64 KiB")
        }
        "431" => {
            let reason = "the headers are too large, or more than 100: send fewer";
            ErrorResponse::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, error_bodies::HEADERS_TOO_LARGE, reason)
        }
        _ => return None,
    };
    Some(ErrorResponse { close: true, ..error })
}

#[cfg(test)]
mod tests {
    use super::replacement;
    use crate::emulator::Emulator;

    #[test]
    fn only_hypers_own_refusals_are_replaced() {
        let emulator = Emulator::builder().build().unwrap();
        let own = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let replaced = String::from_utf8(replacement(own.as_bytes(), &emulator).unwrap()).unwrap();
        let (head, body) = replaced.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        assert!(head.contains("\r\nconnection: close") && head.ends_with("\r\ndate: now"), "{head}");
        assert!(head.contains("\r\nx-line-request-id: ") && !head.contains("content-length: 0"), "{head}");
        assert_eq!(body, r#"{"message":"Request header fields too large"}"#);
        for other in [
            "HTTP/1.1 400 Bad Request\r\nx-line-request-id: 1\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\n",
            "HTTP/1.",
        ] {
            assert_eq!(replacement(other.as_bytes(), &emulator), None, "{other}");
        }
    }
}
