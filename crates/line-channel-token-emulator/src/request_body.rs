//! A request's body, and the responses to one that did not arrive as it should.

use http::StatusCode;

use crate::error_bodies;
use crate::response::ErrorResponse;

/// The largest request body that is read, in bytes; the response to a larger one is 413. LINE says 2 MB.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use line_channel_token_emulator::{Emulator, MAX_REQUEST_BODY};
///
/// let emulator = Emulator::builder().build()?;
/// let request = Request::post("/v2/oauth/accessToken").body(Bytes::from(vec![b'x'; MAX_REQUEST_BODY + 1]))?;
/// assert_eq!(emulator.handle(&request).status(), 413);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_REQUEST_BODY: usize = 2_000_000;

/// A request's body, as far as it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RequestBody<'a> {
    Whole(&'a [u8]),
    /// More than [`MAX_REQUEST_BODY`].
    TooLarge,
    #[cfg(feature = "server")]
    TooSlow,
    #[cfg(feature = "server")]
    Broken,
}

impl<'a> RequestBody<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        if body.len() > MAX_REQUEST_BODY { Self::TooLarge } else { Self::Whole(body) }
    }

    /// The body if it arrived whole, and otherwise nothing.
    pub(crate) fn received(self) -> &'a [u8] {
        if let Self::Whole(bytes) = self { bytes } else { &[] }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], ErrorResponse> {
        let error = match self {
            Self::Whole(bytes) => return Ok(bytes),
            Self::TooLarge => {
                let reason = format!("the body is larger than {MAX_REQUEST_BODY} bytes");
                ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, error_bodies::TOO_LARGE, reason)
            }
            #[cfg(feature = "server")]
            Self::TooSlow => ErrorResponse::new(
                StatusCode::REQUEST_TIMEOUT,
                error_bodies::TIMEOUT,
                "the body did not arrive in time",
            ),
            #[cfg(feature = "server")]
            Self::Broken => ErrorResponse::bad_request(error_bodies::BROKEN, "the body broke off or was badly framed"),
        };
        Err(ErrorResponse { close: true, ..error })
    }
}
