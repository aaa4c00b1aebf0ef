//! Reads a response body up to a limit.

use std::future::Future;

use bytes::{Bytes, BytesMut};
use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

/// A response body that comes in chunks.
///
/// ```
/// use bytes::Bytes;
/// use line_channel_token_core::{TransportError, TransportErrorKind};
/// use line_channel_token_transport::{Chunks, read_body};
///
/// struct OneChunk(Option<Bytes>);
///
/// impl Chunks for OneChunk {
///     fn announced(&self) -> Option<u64> {
///         None
///     }
///
///     async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
///         Ok(self.0.take())
///     }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// assert_eq!(read_body(OneChunk(Some("four".into())), 4).await.unwrap(), "four");
/// let error = read_body(OneChunk(Some("four".into())), 3).await.unwrap_err();
/// assert_eq!(error.kind(), TransportErrorKind::BodyTooLarge);
/// # });
/// ```
pub trait Chunks {
    /// The Content-Length of the response in bytes, if it has one.
    fn announced(&self) -> Option<u64>;

    /// The next chunk, or `None` at the end. Trailers are skipped.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, TransportError>> + Send;
}

/// The whole body, or an error as soon as it is known to be larger than `max_body` bytes. A body in one chunk is not copied.
///
/// # Errors
///
/// Kind [`BodyTooLarge`](TransportErrorKind::BodyTooLarge), kind [`Interrupted`](TransportErrorKind::Interrupted) if the
/// body ends before its announced length, and the errors of [`Chunks::next`].
pub async fn read_body(mut chunks: impl Chunks, max_body: usize) -> Result<Bytes, TransportError> {
    let announced = chunks.announced();
    if announced.is_some_and(|length| length > max_body as u64) {
        return Err(too_large(max_body));
    }
    let whole = read_chunks(&mut chunks, announced, max_body).await?;
    // hyper before 1.12 ends a body as if it were complete when the runtime of its connection ends.
    if announced.is_some_and(|length| length > whole.len() as u64) {
        return Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown)
            .with_detail("the response body ended before its announced length"));
    }
    Ok(whole)
}

fn too_large(max_body: usize) -> TransportError {
    TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Unknown)
        .with_detail(format!("more than {max_body} bytes"))
}

async fn read_chunks(
    chunks: &mut impl Chunks,
    announced: Option<u64>,
    max_body: usize,
) -> Result<Bytes, TransportError> {
    let first = chunks.next().await?.unwrap_or_default();
    if first.len() > max_body {
        return Err(too_large(max_body));
    }
    let Some(second) = chunks.next().await? else {
        return Ok(first);
    };
    let capacity = announced.map_or(first.len() + second.len(), |length| length as usize);
    let mut whole = BytesMut::with_capacity(capacity);
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if chunk.len() > max_body - whole.len() {
            return Err(too_large(max_body));
        }
        whole.extend_from_slice(&chunk);
        next = chunks.next().await?;
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Bytes;
    use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

    use super::{Chunks, read_body};

    struct Scripted(Option<u64>, VecDeque<&'static str>);

    impl Chunks for Scripted {
        fn announced(&self) -> Option<u64> {
            self.0
        }

        async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
            Ok(self.1.pop_front().map(|chunk| Bytes::from_static(chunk.as_bytes())))
        }
    }

    #[tokio::test]
    async fn a_body_that_ends_before_its_announced_length_is_an_interruption() {
        for chunks in [&[][..], &["{"], &["{", "\"a\""]] {
            let body = Scripted(Some(100), chunks.iter().copied().collect());
            let error = read_body(body, 1000).await.unwrap_err();
            assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Interrupted, Sent::Unknown), "{chunks:?}");
            let unannounced = Scripted(None, chunks.iter().copied().collect());
            assert_eq!(read_body(unannounced, 1000).await.unwrap(), chunks.concat());
        }
    }
}
