//! Which results say the status of an HTTP response.

use std::any::Any;
use std::error::Error as StdError;

use http::StatusCode;

/// A result that says the status of the HTTP response that it came from: see [`TokenCache::authorized`](crate::TokenCache::authorized).
///
/// It is there for [`http::Response`], its [`Parts`](http::response::Parts), a [`StatusCode`], a status as `u16`, and a tuple that begins with
/// one of these; with the feature `reqwest` for `reqwest::Response`. A `Result` has the status of what it holds. An error has none, but for
/// `reqwest::Error`, which has one after `error_for_status`; also as a `Box<dyn Error>`. For any other result there is
/// [`authorized_by`](crate::TokenCache::authorized_by).
///
/// ```
/// use http::StatusCode;
/// use line_channel_token_cache::ResponseStatus;
///
/// /// What a push was responded to with.
/// struct Pushed {
///     status: StatusCode,
///     request_id: String,
/// }
///
/// impl ResponseStatus for Pushed {
///     fn status(&self) -> Option<StatusCode> {
///         Some(self.status)
///     }
/// }
///
/// let pushed = Pushed { status: StatusCode::UNAUTHORIZED, request_id: "ba0e1d3f".to_owned() };
/// assert_eq!(pushed.status(), Some(StatusCode::UNAUTHORIZED));
/// let result: Result<Pushed, std::io::Error> = Ok(pushed);
/// assert_eq!(result.status(), Some(StatusCode::UNAUTHORIZED));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say the status of an HTTP response",
    label = "no status to compare with 401",
    note = "let the call return the response itself, or call `authorized_by`, with a closure that says whether the result is a 401",
    note = "for the types of reqwest, enable the feature `reqwest`"
)]
pub trait ResponseStatus {
    /// The status; `None` if no response arrived, or if it is not known.
    fn status(&self) -> Option<StatusCode>;
}

/// Whether a result is a 401.
pub(crate) fn is_unauthorized(result: &impl ResponseStatus) -> bool {
    result.status() == Some(StatusCode::UNAUTHORIZED)
}

impl ResponseStatus for StatusCode {
    fn status(&self) -> Option<StatusCode> {
        Some(*self)
    }
}

impl ResponseStatus for u16 {
    fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(*self).ok()
    }
}

impl<B> ResponseStatus for http::Response<B> {
    fn status(&self) -> Option<StatusCode> {
        Some(self.status())
    }
}

impl ResponseStatus for http::response::Parts {
    fn status(&self) -> Option<StatusCode> {
        Some(self.status)
    }
}

impl<S: ResponseStatus, B> ResponseStatus for (S, B) {
    fn status(&self) -> Option<StatusCode> {
        self.0.status()
    }
}

#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
impl ResponseStatus for reqwest::Response {
    fn status(&self) -> Option<StatusCode> {
        Some(self.status())
    }
}

impl<T: ResponseStatus, E: 'static> ResponseStatus for Result<T, E> {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Ok(result) => result.status(),
            Err(error) => status_of_error(error),
        }
    }
}

/// The status of an error whose type is known here. A bound on the type instead would shut out the errors of all other crates.
fn status_of_error(error: &dyn Any) -> Option<StatusCode> {
    if let Some(boxed) = error.downcast_ref::<Box<dyn StdError + Send + Sync>>() {
        return status_of(&**boxed);
    }
    if let Some(boxed) = error.downcast_ref::<Box<dyn StdError + Send>>() {
        return status_of(&**boxed);
    }
    if let Some(boxed) = error.downcast_ref::<Box<dyn StdError>>() {
        return status_of(&**boxed);
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return error.status();
    }
    None
}

#[cfg(feature = "reqwest")]
fn status_of(error: &(dyn StdError + 'static)) -> Option<StatusCode> {
    error.downcast_ref::<reqwest::Error>()?.status()
}

#[cfg(not(feature = "reqwest"))]
fn status_of(_error: &(dyn StdError + 'static)) -> Option<StatusCode> {
    None
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use http::StatusCode;

    use super::{ResponseStatus, is_unauthorized};

    fn response() -> http::Response<&'static str> {
        let mut response = http::Response::new("who are you?");
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    }

    #[test]
    fn responses_and_their_parts_say_their_status() {
        assert!(is_unauthorized(&StatusCode::UNAUTHORIZED) && !is_unauthorized(&StatusCode::FORBIDDEN));
        assert!(is_unauthorized(&401_u16) && !is_unauthorized(&403_u16) && !is_unauthorized(&7_u16));
        assert!(is_unauthorized(&response()) && !is_unauthorized(&http::Response::new(())));
        assert!(is_unauthorized(&response().into_parts().0));
        assert!(is_unauthorized(&(StatusCode::UNAUTHORIZED, "body")));
        assert!(is_unauthorized(&response().into_parts()));
    }

    #[test]
    fn a_result_has_the_status_of_what_it_holds() {
        assert!(is_unauthorized(&Ok::<_, std::io::Error>(response())));
        assert!(is_unauthorized(&Ok::<_, std::fmt::Error>(Ok::<_, std::io::Error>(response()))));
        assert_eq!(Err::<StatusCode, _>(std::fmt::Error).status(), None);
        let boxed: Box<dyn StdError + Send + Sync> = "no connection".into();
        assert_eq!(Err::<StatusCode, _>(boxed).status(), None);
    }

    #[cfg(feature = "reqwest")]
    #[test]
    fn an_error_for_a_status_has_it() {
        let refused = || reqwest::Response::from(response()).error_for_status();
        assert!(is_unauthorized(&reqwest::Response::from(response())));
        assert!(is_unauthorized(&Ok::<_, reqwest::Error>(reqwest::Response::from(response()))));
        assert!(is_unauthorized(&refused()));
        assert!(is_unauthorized(&refused().map_err(Box::<dyn StdError>::from)));
        assert!(is_unauthorized(&refused().map_err(|error| Box::new(error) as Box<dyn StdError + Send>)));
        assert!(is_unauthorized(&refused().map_err(Box::<dyn StdError + Send + Sync>::from)));
        let mut other = response();
        *other.status_mut() = StatusCode::FORBIDDEN;
        assert_eq!(reqwest::Response::from(other).error_for_status().status(), Some(StatusCode::FORBIDDEN));
    }
}
