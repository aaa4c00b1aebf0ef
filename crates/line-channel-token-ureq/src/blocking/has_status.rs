//! The status of what a call brought.

use http::StatusCode;

/// What may have the status of an HTTP response: see [`TokenCache::authorized`](super::TokenCache::authorized).
///
/// Responses have one, and so has the error that ureq makes of a status from 400 on, unless it is told not to. For the types of another
/// HTTP client, return the `StatusCode` beside what you need of the response, or implement it for a type of your own.
///
/// ```
/// use http::StatusCode;
/// use line_channel_token_ureq::blocking::HasStatus;
///
/// let outcome: Result<http::Response<()>, ureq::Error> = Err(ureq::Error::StatusCode(401));
/// assert_eq!(outcome.status(), Some(StatusCode::UNAUTHORIZED));
/// assert_eq!(http::Response::new(()).status(), StatusCode::OK);
/// assert_eq!((StatusCode::OK, "a body").status(), Some(StatusCode::OK));
/// ```
pub trait HasStatus {
    /// The status; `None` if no response came.
    fn status(&self) -> Option<StatusCode>;
}

impl HasStatus for StatusCode {
    fn status(&self) -> Option<StatusCode> {
        Some(*self)
    }
}

impl<T> HasStatus for (StatusCode, T) {
    fn status(&self) -> Option<StatusCode> {
        Some(self.0)
    }
}

impl<B> HasStatus for http::Response<B> {
    fn status(&self) -> Option<StatusCode> {
        Some(self.status())
    }
}

impl HasStatus for ureq::Error {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::StatusCode(status) => StatusCode::from_u16(*status).ok(),
            _ => None,
        }
    }
}

impl<T: HasStatus, E: HasStatus> HasStatus for Result<T, E> {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        }
    }
}
