//! The access token in an `Authorization` header, as LINE's resources check it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::emulator_time::EmulatorTime;
use crate::live_channel::Channel;
use crate::response::{ErrorResponse, response};
use crate::shared::Shared;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;
use crate::{error_bodies, random};

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
    /// The token was not issued here, or is one of those that are forgotten.
    Unknown,
    /// The token's lifetime is over.
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
        response(&Err(self.error_response()), false, &random::request_id(), None)
    }

    pub(crate) fn error_response(self) -> ErrorResponse {
        let (body, challenge) = match self {
            Self::Missing | Self::Malformed => (error_bodies::NO_AUTHORIZATION, "Bearer"),
            Self::Unknown | Self::Expired | Self::Revoked => {
                (error_bodies::INVALID_TOKEN, r#"Bearer error="invalid_token", error_description="invalid token""#)
            }
        };
        let challenge = (WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        ErrorResponse::new(StatusCode::UNAUTHORIZED, body, self.reason()).with_header(challenge)
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Missing => "there is no Authorization header: send `Authorization: Bearer` and the access token",
            Self::Malformed => "the Authorization header is not one `Bearer`, a space and an access token",
            Self::Unknown => "the access token was not issued here: issue a new one",
            Self::Expired => "the access token has expired: issue a new one",
            Self::Revoked => "the access token was revoked or replaced: issue a new one",
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for BearerError {}

/// What is known about the token in the header.
pub(crate) fn token_status(
    shared: &Shared,
    headers: &HeaderMap,
    time: EmulatorTime,
) -> Result<TokenStatus, BearerError> {
    let token = bearer_token(headers)?;
    let stored = shared.tokens().status(TokenFamily::STORED, token, time);
    if stored != TokenStatus::Unknown {
        return Ok(stored);
    }
    let stateless = shared.stateless.parse(token);
    Ok(stateless.map_or(stored, |stateless| shared.tokens().stateless_status(token, stateless, time)))
}

/// The channel whose token is valid.
pub(crate) fn live(status: TokenStatus) -> Result<Arc<Channel>, BearerError> {
    match status {
        TokenStatus::Live(channel, _) => Ok(channel),
        TokenStatus::Unknown => Err(BearerError::Unknown),
        TokenStatus::Expired(_) => Err(BearerError::Expired),
        TokenStatus::Revoked(_) => Err(BearerError::Revoked),
    }
}

/// RFC 6750, section 2.1; the scheme's name in any case, as RFC 9110 has it.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, BearerError> {
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
