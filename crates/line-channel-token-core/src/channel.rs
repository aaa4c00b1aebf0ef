//! Who asks: the channel's id and its secret.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, credential};

/// A channel id: the digits that the LINE Developers Console shows as "Channel ID". OAuth calls it the client id.
///
/// It is kept as text, because LINE sends and expects a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(Box<str>);

impl ChannelId {
    /// Reads a channel id; white space around it is trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) where it is empty, longer than 20 digits or not made of
    /// decimal digits alone. A user id (`U…`), a basic id (`@…`) and an e-mail address get a message that says where
    /// the Console shows the right one.
    pub fn new(id: impl AsRef<str>) -> Result<Self, Error> {
        const WHERE: &str = "it is the decimal number under \"Channel ID\" on the channel's \"Basic settings\" tab \
                             in the LINE Developers Console";
        let id = credential::clean("channel id", id.as_ref())?;
        if id.bytes().all(|byte| byte.is_ascii_digit()) {
            if id.len() > 20 {
                return Err(Error::invalid_input(format!("the channel id has {} digits: {WHERE}", id.len())));
            }
            return Ok(Self(id.into()));
        }
        let mistaken_for = match id.as_bytes() {
            [b'@', ..] => "this is a basic id (\"Bot basic ID\", starts with @)",
            [b'U', rest @ ..] if rest.len() == 32 => "this is a user id (\"Your user ID\", U and 32 hex digits)",
            [b'U' | b'C' | b'R', ..] => "this looks like a user, group or room id",
            [b'0'..=b'9' | b'a'..=b'f', ..] if id.len() == 32 => "this looks like a channel secret",
            _ => "this is not a decimal number",
        };
        Err(Error::invalid_input(format!("not a channel id: {mistaken_for}; {WHERE}")))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ChannelId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelId {
    type Err = Error;

    fn from_str(id: &str) -> Result<Self, Error> {
        Self::new(id)
    }
}

/// A channel secret: what the Console shows as "Channel secret". OAuth calls it the client secret.
///
/// `Debug` shows a placeholder; the memory is wiped on drop; [`expose_secret`](Self::expose_secret) is the only way in.
#[derive(Clone)]
pub struct ChannelSecret(SecretString);

impl ChannelSecret {
    /// Takes a channel secret; white space around it is trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) where it is empty or holds anything but visible ASCII.
    /// The message never shows it.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self(credential::clean("channel secret", secret.as_ref())?.into()))
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
    }

    #[test]
    fn another_id_of_the_console_is_refused_by_name() {
        for (id, says) in [
            ("U0123456789abcdef0123456789abcdef", "user id"),
            ("@123abcde", "basic id"),
            ("C0123456789abcdef0123456789abcdef", "group"),
            ("0123456789abcdef0123456789abcdef", "channel secret"),
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
    fn the_secret_is_not_in_its_debug_form() {
        let secret = ChannelSecret::new(" s3cr3t\n").unwrap();
        assert_eq!(secret.expose_secret(), "s3cr3t");
        assert_eq!(format!("{secret:?}"), "ChannelSecret(\"[redacted]\")");
    }
}
