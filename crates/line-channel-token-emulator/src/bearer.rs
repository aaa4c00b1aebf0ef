//! The access token in an `Authorization` header, as a resource of LINE's judges it.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use line_channel_token_core::{ChannelId, Moment};

use crate::answer::{Refusal, response};
use crate::emulator::Emulator;
use crate::standing::{ChannelIndex, Standing, TokenFamily};
use crate::state::Inner;
use crate::{bodies, random};

/// Why a resource refuses a request: LINE responds with 401 to each of these.
///
/// ```
/// use http::HeaderMap;
/// use line_channel_token_emulator::{BearerError, Emulator};
///
/// let emulator = Emulator::builder().build()?;
/// let error = emulator.check_bearer(&HeaderMap::new()).unwrap_err();
/// assert_eq!(error, BearerError::Missing);
/// assert_eq!(error.to_response().status(), 401);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerError {
    /// There is no `Authorization` header.
    Missing,
    /// The header is sent twice, or is not `Bearer`, a space and a token.
    Malformed,
    /// The token was not issued here, or so long ago that it is forgotten.
    Unknown,
    /// The token's life is over.
    Expired,
    /// The token was revoked, or replaced by a newer one.
    Revoked,
}

impl BearerError {
    /// The 401 of LINE's Messaging API: a JSON body, `WWW-Authenticate` and a new `X-Line-Request-Id`.
    ///
    /// ```
    /// use line_channel_token_emulator::BearerError;
    ///
    /// let response = BearerError::Expired.to_response();
    /// assert_eq!(response.status(), 401);
    /// assert!(String::from_utf8_lossy(response.body()).contains("invalid token"));
    /// ```
    #[must_use]
    pub fn to_response(self) -> Response<Bytes> {
        response(&Err(self.refusal()), false, &random::request_id())
    }

    pub(crate) fn refusal(self) -> Refusal {
        let (body, challenge) = match self {
            Self::Missing | Self::Malformed => (bodies::NO_AUTHORIZATION, "Bearer"),
            Self::Unknown | Self::Expired | Self::Revoked => {
                (bodies::INVALID_TOKEN, r#"Bearer error="invalid_token", error_description="invalid token""#)
            }
        };
        let challenge = (WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        Refusal::new(StatusCode::UNAUTHORIZED, body, self.reason()).with_header(challenge)
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Missing => "there is no Authorization header: send `Authorization: Bearer` and the access token",
            Self::Malformed => "the Authorization header is not one `Bearer`, a space and an access token",
            Self::Unknown => "the access token was not issued here",
            Self::Expired => "the access token has expired: issue a new one",
            Self::Revoked => "the access token was revoked, or a newer one took its place: issue a new one",
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for BearerError {}

impl Emulator {
    /// Whose access token a request carries in its `Authorization` header, for a resource of your own: tokens of every family,
    /// stateless ones included, and by the emulator's clock. The emulator's own resources are those of the Messaging API that
    /// the [crate](crate) names.
    ///
    /// # Errors
    ///
    /// If there is no token, or none that is valid now. [`BearerError::to_response`] makes the 401 out of it.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use line_channel_token_emulator::Emulator;
    ///
    /// fn liff_apps(emulator: &Emulator, request: &Request<Bytes>) -> Response<Bytes> {
    ///     match emulator.check_bearer(request.headers()) {
    ///         Ok(channel) => Response::new(Bytes::from(format!("the apps of {channel}"))),
    ///         Err(error) => error.to_response(),
    ///     }
    /// }
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let request = Request::get("https://api.line.me/liff/v1/apps").header("authorization", "Bearer old");
    /// assert_eq!(liff_apps(&emulator, &request.body(Bytes::new())?).status(), 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_bearer(&self, headers: &HeaderMap) -> Result<ChannelId, BearerError> {
        let inner = self.inner();
        let standing = standing(inner, headers, inner.clock.now())?;
        live(standing).map(|channel| inner.channel(channel).id.clone())
    }
}

/// What is known about the token in the header.
pub(crate) fn standing(inner: &Inner, headers: &HeaderMap, now: Moment) -> Result<Standing, BearerError> {
    let token = bearer_token(headers)?;
    let kept = inner.ledger().standing(TokenFamily::KEPT, token, now);
    Ok(match (kept, inner.stateless.read(token)) {
        (Standing::Unknown, Some(stateless)) => inner.ledger().stateless_standing(token, stateless, now),
        _ => kept,
    })
}

/// The channel whose token is valid.
pub(crate) fn live(standing: Standing) -> Result<ChannelIndex, BearerError> {
    match standing {
        Standing::Live(channel, _) => Ok(channel),
        Standing::Unknown => Err(BearerError::Unknown),
        Standing::Expired(_) => Err(BearerError::Expired),
        Standing::Revoked(_) => Err(BearerError::Revoked),
    }
}

/// RFC 6750, section 2.1; the scheme's name in any case, as RFC 9110 has it.
fn bearer_token(headers: &HeaderMap) -> Result<&str, BearerError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(BearerError::Missing)?;
    if values.next().is_some() {
        return Err(BearerError::Malformed);
    }
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(BearerError::Malformed)?;
    let token = token.trim_start_matches(' ');
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t', ',']);
    if well_formed { Ok(token) } else { Err(BearerError::Malformed) }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{BearerError, bearer_token};

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("authorization", HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_token_follows_the_scheme() {
        for good in ["Bearer a+b/c==", "bearer a+b/c==", "BEARER   a+b/c=="] {
            assert_eq!(bearer_token(&headers(&[good.as_bytes()])), Ok("a+b/c=="), "{good}");
        }
        for bad in [
            &b"a+b/c=="[..],
            b"Bearer",
            b"Bearer ",
            b"Bearer:a",
            b"Basic a",
            b"Bearer a b",
            b"Bearer a, b",
            b"Bearer \xff",
        ] {
            assert_eq!(bearer_token(&headers(&[bad])), Err(BearerError::Malformed), "{bad:?}");
        }
        assert_eq!(bearer_token(&headers(&[b"Bearer a", b"Bearer a"])), Err(BearerError::Malformed));
        assert_eq!(bearer_token(&headers(&[])), Err(BearerError::Missing));
    }
}
