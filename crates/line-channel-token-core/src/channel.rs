//! Who asks: the channel's id and its secret.

use std::fmt;
use std::hash::{Hash, Hasher};

use secrecy::{ExposeSecret, SecretString};

use crate::mistaken::{self, Value};
use crate::{Error, credential};

/// A channel id: the digits that the LINE Developers Console shows as "Channel ID". OAuth calls it the client id.
///
/// It is kept as text, because LINE sends and expects a string; in place, because a pool of many channels compares ids at
/// each read.
///
/// ```
/// use line_channel_token_core::ChannelId;
///
/// let id: ChannelId = " 1234567890\n".parse()?;
/// assert_eq!(id.as_str(), "1234567890");
/// let error = ChannelId::new("U0123456789abcdef0123456789abcdef").unwrap_err();
/// assert!(error.to_string().contains("user id") && error.to_string().contains("\"Channel ID\""));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelId {
    /// The digits, and zeros behind them: so the order of ids is that of their texts.
    digits: [u8; MAX_DIGITS],
    len: u8,
}

/// Twice as many as LINE's ids have.
const MAX_DIGITS: usize = 20;

impl ChannelId {
    /// Takes a channel id. White space and quotes around it are trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, longer than 20 digits or not made of
    /// decimal digits alone. A user id (`U…`), a basic id (`@…`) and an e-mail address get a message that says where
    /// the Console shows the right one.
    pub fn new(id: impl AsRef<str>) -> Result<Self, Error> {
        const WHERE: &str = "it is the decimal number under \"Channel ID\" on the channel's \"Basic settings\" tab \
                             in the LINE Developers Console";
        let id = credential::clean("channel id", id.as_ref())?;
        if id.bytes().all(|byte| byte.is_ascii_digit()) {
            let mut digits = [0; MAX_DIGITS];
            let (Some(place), Ok(len)) = (digits.get_mut(..id.len()), u8::try_from(id.len())) else {
                return Err(Error::invalid_input(format!("the channel id has {} digits: {WHERE}", id.len())));
            };
            place.copy_from_slice(id.as_bytes());
            return Ok(Self { digits, len });
        }
        let looks_like = match id.split_once('-') {
            Some((digits, rest)) if mistaken::is_channel_id(digits) && !rest.contains('-') => Some("a LIFF id"),
            _ => mistaken::other_value(id, Value::ChannelId),
        };
        let mistake = looks_like.map_or_else(
            || "this is not a decimal number".to_owned(),
            |other| format!("this looks like {other}, not like a decimal number"),
        );
        Err(Error::invalid_input(format!("not a channel id: {mistake}; {WHERE}")))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // They are digits, so they are text.
        self.digits.get(..usize::from(self.len)).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
    }
}

impl Hash for ChannelId {
    /// As two numbers, which hashers take in sooner than bytes. The length says nothing that the digits do not.
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let (Some(head), Some(tail)) = (self.digits.first_chunk(), self.digits.last_chunk()) {
            state.write_u128(u128::from_ne_bytes(*head));
            state.write_u32(u32::from_ne_bytes(*tail));
        }
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChannelId").field(&self.as_str()).finish()
    }
}

/// A channel secret: what the Console shows as "Channel secret". OAuth calls it the client secret.
///
/// `Debug` shows a placeholder; the memory is wiped on drop; [`expose_secret`](Self::expose_secret) is the only way in.
///
/// ```
/// use line_channel_token_core::ChannelSecret;
///
/// let secret: ChannelSecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0".parse()?;
/// assert_eq!(format!("{secret:?}"), "ChannelSecret(\"[redacted]\")");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ChannelSecret(SecretString);

impl ChannelSecret {
    /// Takes a channel secret. White space and quotes around it are trimmed.
    ///
    /// ```
    /// use line_channel_token_core::ChannelSecret;
    ///
    /// let secret = ChannelSecret::new("\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\n")?;
    /// assert_eq!(secret.expose_secret(), "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    /// let error = ChannelSecret::new("${LINE_CHANNEL_SECRET}").unwrap_err();
    /// assert!(error.to_string().contains("not expanded"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, holds anything but visible ASCII, or is surely
    /// something else: a placeholder, a channel id, a token. The message never shows it.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, Error> {
        let secret = credential::clean("channel secret", secret.as_ref())?;
        match mistaken::other_value(secret, Value::ChannelSecret) {
            Some(other) => Err(Error::invalid_input(format!(
                "the channel secret looks like {other}: it is the text under \"Channel secret\" on the channel's \
                 \"Basic settings\" tab in the LINE Developers Console"
            ))),
            None => Ok(Self(secret.into())),
        }
    }

    /// The secret itself. Keep it out of logs and messages.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ChannelSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelSecret(\"[redacted]\")")
    }
}

#[cfg(test)]
mod tests {
    use super::{ChannelId, ChannelSecret};
    use crate::ErrorKind;

    #[test]
    fn a_channel_id_keeps_its_leading_zeros_and_loses_its_newline() {
        assert_eq!(ChannelId::new("0012345678\n").unwrap().as_str(), "0012345678");
        assert_eq!(ChannelId::new("12345678901234567890").unwrap().as_str(), "12345678901234567890");
    }

    #[test]
    fn ids_are_ordered_as_their_texts_are() {
        let texts = ["0", "00", "01", "1", "10", "100", "11", "2"];
        let ids = texts.map(|text| ChannelId::new(text).unwrap());
        assert!(ids.is_sorted() && texts.is_sorted());
        assert_eq!(format!("{:?}", ids[2]), "ChannelId(\"01\")");
        let different: std::collections::HashSet<_> = ids.iter().collect();
        assert!(different.len() == ids.len() && different.contains(&ChannelId::new(" 01").unwrap()));
    }

    #[test]
    fn another_id_of_the_console_is_refused_by_name() {
        for (id, says) in [
            ("U0123456789abcdef0123456789abcdef", "user id"),
            ("@123abcde", "basic id"),
            ("C0123456789abcdef0123456789abcdef", "group"),
            ("1234567890-AbCdEfGh", "LIFF id"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token"),
            ("1234567890.0", "not a decimal number"),
            ("1.23456789e9", "not a decimal number"),
            ("1_234_567_890", "not a decimal number"),
            ("+1234567890", "not a decimal number"),
            ("0123456789abcdef0123456789abcdef", "channel secret"),
            ("0123456789ABCDEF0123456789ABCDEF", "channel secret"),
            ("someone@example.com", "e-mail"),
            ("-12", "not a decimal number"),
            ("１２３", "outside visible ASCII"),
            ("123456789012345678901", "21 digits"),
        ] {
            let error = ChannelId::new(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(says), "{id}: {error}");
            if says != "outside visible ASCII" {
                assert!(error.to_string().contains("\"Channel ID\""), "{id}: {error}");
            }
        }
    }

    #[test]
    fn another_value_in_place_of_the_secret_is_named() {
        for (secret, says) in [
            ("1234567890", "channel id"),
            ("U0123456789abcdef0123456789abcdef", "user id"),
            ("@123abcde", "basic id"),
            ("someone@example.com", "e-mail"),
            ("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11", "kid"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA", "PEM"),
            ("undefined", "missing value"),
        ] {
            let error = ChannelSecret::new(secret).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains(secret), "{error}");
        }
    }

    #[test]
    fn the_secret_is_not_in_its_debug_form() {
        let secret = ChannelSecret::new(" s3cr3t\n").unwrap();
        assert_eq!(secret.expose_secret(), "s3cr3t");
        assert_eq!(format!("{secret:?}"), "ChannelSecret(\"[redacted]\")");
    }
}
