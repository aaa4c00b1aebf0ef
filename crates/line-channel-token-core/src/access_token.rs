//! A channel access token as text: opaque and secret.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, credential};

/// A channel access token.
///
/// LINE documents no format and no maximum length, so none is assumed: short-lived tokens are base64 with `+`, `/`
/// and `=`, the other two families begin with `eyJ`. `Debug` shows a placeholder, the memory is wiped on drop, and
/// [`expose_secret`](Self::expose_secret) is the only way in.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Takes a token, a pasted long-lived one for example; white space around it is trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) where it is empty or holds anything but visible ASCII.
    /// The message never shows it.
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        let token = credential::clean("access token", token.as_ref())?;
        if token.len() > 6 && token.as_bytes()[..7].eq_ignore_ascii_case(b"bearer:") {
            return Err(Error::invalid_input("the access token begins with \"Bearer:\": give the token alone"));
        }
        Ok(Self(token.into()))
    }

    /// The token itself. Keep it out of logs and messages.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// `Bearer <token>` for an `Authorization` header, marked sensitive so that no HTTP stack logs or compresses it.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        let text = self.expose_secret();
        let mut value = String::with_capacity("Bearer ".len() + text.len());
        value.push_str("Bearer ");
        value.push_str(text);
        // The constructor admits visible ASCII alone, which every header value may hold.
        let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value))
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
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
    fn a_scheme_pasted_along_is_refused() {
        assert!(AccessToken::new("Bearer abc").unwrap_err().to_string().contains("white space"));
        assert!(AccessToken::new("Bearer:abc").unwrap_err().to_string().contains("give the token alone"));
    }

    #[test]
    fn the_token_is_not_in_its_debug_form() {
        assert_eq!(format!("{:?}", AccessToken::new("eyJabc").unwrap()), "AccessToken(\"[redacted]\")");
    }
}
