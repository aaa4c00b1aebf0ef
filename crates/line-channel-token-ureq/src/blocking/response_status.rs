//! The status of what a call brought.

use std::any::Any;

use http::StatusCode;

/// What may have the status of an HTTP response: see [`TokenCache::authorized`](super::TokenCache::authorized).
///
/// Responses have one, and so has a `Result` whose error ureq made of a status from 400 on, which it does unless it is told not to; other
/// errors have none. For the types of another HTTP client, return the `StatusCode` beside what you need of the response, or implement it
/// for a type of your own.
///
/// ```
/// use http::StatusCode;
/// use line_channel_token_ureq::blocking::ResponseStatus;
///
/// let outcome: Result<http::Response<()>, ureq::Error> = Err(ureq::Error::StatusCode(401));
/// assert_eq!(outcome.status(), Some(StatusCode::UNAUTHORIZED));
/// assert_eq!(http::Response::new(()).status(), StatusCode::OK);
/// let outcome: Result<StatusCode, std::io::Error> = Err(std::io::ErrorKind::TimedOut.into());
/// assert_eq!(outcome.status(), None);
/// assert_eq!((StatusCode::OK, "a body").status(), Some(StatusCode::OK));
/// ```
pub trait ResponseStatus {
    /// The status; `None` if no response came.
    fn status(&self) -> Option<StatusCode>;
}

impl ResponseStatus for StatusCode {
    fn status(&self) -> Option<StatusCode> {
        Some(*self)
    }
}

impl<T> ResponseStatus for (StatusCode, T) {
    fn status(&self) -> Option<StatusCode> {
        Some(self.0)
    }
}

impl<B> ResponseStatus for http::Response<B> {
    fn status(&self) -> Option<StatusCode> {
        Some(self.status())
    }
}

impl<T: ResponseStatus, E: 'static> ResponseStatus for Result<T, E> {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Ok(response) => response.status(),
            Err(error) => status_of_error(error),
        }
    }
}

/// The status of an error of ureq. A bound on the type instead would shut out the errors of all other crates.
fn status_of_error(error: &dyn Any) -> Option<StatusCode> {
    match error.downcast_ref::<ureq::Error>()? {
        ureq::Error::StatusCode(status) => StatusCode::from_u16(*status).ok(),
        _ => None,
    }
}
