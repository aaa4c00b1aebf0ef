//! A response body, read whole and bounded.

use std::future::Future;

use bytes::{Bytes, BytesMut};
use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

/// A response body that comes in chunks.
pub trait Chunks {
    /// The length that the answer announced, in bytes, where it announced one.
    fn announced(&self) -> Option<u64>;

    /// The next chunk, or `None` at the end. Trailers are passed over.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, TransportError>> + Send;
}

/// The whole body, refused as soon as it is known to be larger than `max_body` bytes. A body in one chunk is not copied.
///
/// # Errors
///
/// Kind [`BodyTooLarge`](TransportErrorKind::BodyTooLarge), or whatever kept a chunk from coming.
pub async fn read_body(mut chunks: impl Chunks, max_body: usize) -> Result<Bytes, TransportError> {
    let too_large = || TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Maybe);
    let announced = chunks.announced();
    if announced.is_some_and(|length| length > max_body as u64) {
        return Err(too_large());
    }
    let first = chunks.next().await?.unwrap_or_default();
    if first.len() > max_body {
        return Err(too_large());
    }
    let Some(second) = chunks.next().await? else {
        return Ok(first);
    };
    let room = announced.map_or(first.len() + second.len(), |length| length as usize);
    let mut whole = BytesMut::with_capacity(room);
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if chunk.len() > max_body - whole.len() {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
        next = chunks.next().await?;
    }
    Ok(whole.freeze())
}
