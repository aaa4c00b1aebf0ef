//! A channel access token as text: opaque and secret.

use std::fmt;

use http::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::mistaken::{self, Value};
use crate::wiped::wiped_bytes;
use crate::{Error, credential};

/// A channel access token.
///
/// LINE documents no format and no maximum length, so none is assumed: short-lived tokens are base64 with `+`, `/`
/// and `=`, the other two families begin with `eyJ`. `Debug` shows a placeholder, the memory is wiped on drop, and
/// [`expose_secret`](Self::expose_secret) is the only way in.
///
/// ```
/// use line_channel_token_core::AccessToken;
///
/// let token: AccessToken = "a+b/c=".parse()?; // a long-lived one, pasted from the Console
/// assert_eq!(format!("{token:?}"), "AccessToken(\"[redacted]\")");
/// assert!(token.header_value().is_sensitive());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Takes a token, a pasted long-lived one for example. White space and quotes around it are trimmed.
    ///
    /// ```
    /// use line_channel_token_core::AccessToken;
    ///
    /// let token = AccessToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln\n")?;
    /// assert_eq!(token.header_value(), "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln");
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, holds anything but visible ASCII, or is surely
    /// something else: a placeholder, `Bearer` and a token, a channel id or secret. The message never shows it.
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        let token = credential::clean("access token", token.as_ref())?;
        match mistaken::other_value(token, Value::Token) {
            Some(other) => {
                Err(Error::invalid_input(format!("the access token looks like {other}: give the token itself")))
            }
            None => Ok(Self(token.into())),
        }
    }

    /// Takes a token that a server sent, as it is.
    pub(crate) fn from_server(token: &str) -> Result<Self, Error> {
        credential::is_opaque("access token", token)?;
        Ok(Self(token.into()))
    }

    /// The token itself. Keep it out of logs and messages.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// `Bearer <token>` for an `Authorization` header, marked sensitive so that no HTTP stack logs or compresses it. It is
    /// wiped with its last clone.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        let text = self.expose_secret();
        let mut value = Zeroizing::new(String::with_capacity("Bearer ".len() + text.len()));
        value.push_str("Bearer ");
        value.push_str(text);
        // The constructor admits visible ASCII alone, which every header value may hold.
        let mut value =
            HeaderValue::from_maybe_shared(wiped_bytes(value)).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(\"[redacted]\")")
    }
}

#[cfg(test)]
mod tests {
    use super::AccessToken;

    #[test]
    fn the_header_is_a_sensitive_bearer() {
        let header = AccessToken::new("a+b/c=\n").unwrap().header_value();
        assert_eq!(header.as_bytes(), b"Bearer a+b/c=");
        assert!(header.is_sensitive());
        assert_eq!(format!("{header:?}"), "Sensitive");
    }

    #[test]
    fn another_value_in_place_of_the_token_is_named() {
        for (token, says) in [
            ("Bearer abc", "give the token alone"),
            ("bearer:abc", "give the token alone"),
            ("Authorization: Bearer abc", "give the token alone"),
            ("1234567890", "channel id"),
            ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", "channel secret"),
            ("U0123456789abcdef0123456789abcdef", "user id"),
            ("abc%2Bdef%2Fghi%3D", "percent-encoded"),
            ("{\"access_token\":\"abc\"}", "JSON"),
            ("null", "missing value"),
        ] {
            let error = AccessToken::new(token).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("abc"), "{error}");
        }
    }

    #[test]
    fn a_token_of_a_server_is_taken_as_it_is() {
        assert_eq!(AccessToken::from_server("1234567890").unwrap().expose_secret(), "1234567890");
        assert!(AccessToken::from_server("a b").is_err() && AccessToken::from_server("").is_err());
    }

    #[test]
    fn the_token_is_not_in_its_debug_form() {
        assert_eq!(format!("{:?}", AccessToken::new("eyJabc").unwrap()), "AccessToken(\"[redacted]\")");
    }
}
