//! The ids under which LINE lists v2.1 tokens.

use std::fmt;

use crate::{Error, RequestId, credential};

/// The key id of an issued v2.1 token. It is not the [`AssertionKid`](crate::AssertionKid).
///
/// A server chooses it, and may echo anything: so `Display` and `Debug` show it only if it has the form of LINE's key ids, up to 64
/// letters, digits, `-` and `_`. [`as_str`](Self::as_str), and `Serialize` with the feature `serde`, always show it.
///
/// ```
/// use line_channel_token_core::TokenKeyId;
///
/// let key_id: TokenKeyId = "sDTOzw5wIfxxxxPEzcmeQA".parse()?;
/// assert_eq!(key_id.to_string(), "sDTOzw5wIfxxxxPEzcmeQA");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenKeyId(Box<str>);

impl TokenKeyId {
    /// Takes a key id. White space and quotes around it are trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty or holds anything but visible ASCII.
    pub fn new(key_id: impl AsRef<str>) -> Result<Self, Error> {
        Self::from_server(credential::bare(key_id.as_ref()))
    }

    /// Takes a key id that a server sent, as it is.
    pub(crate) fn from_server(key_id: &str) -> Result<Self, Error> {
        credential::is_opaque("key id of the token", key_id)?;
        Ok(Self(key_id.into()))
    }

    /// The key id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if self.0.len() <= 64 && self.0.bytes().all(base64url) {
            return f.write_str(&self.0);
        }
        write!(f, "[not shown: {} characters]", self.0.len())
    }
}

impl fmt::Debug for TokenKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKeyId({self})")
    }
}

/// The key ids of a channel's valid v2.1 tokens.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let key_ids = response::key_ids(&http::Response::new(r#"{"kids":["first","second"]}"#.into()), timing)?;
/// assert_eq!(key_ids.len(), 2);
/// for key_id in &key_ids {
///     println!("{key_id}");
/// }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyIds {
    pub(crate) kids: Vec<TokenKeyId>,
    pub(crate) request_id: Option<RequestId>,
}

impl KeyIds {
    /// The key ids, as many as there are valid tokens.
    #[must_use]
    pub fn as_slice(&self) -> &[TokenKeyId] {
        &self.kids
    }

    /// How many valid tokens there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kids.len()
    }

    /// Whether the channel has no valid v2.1 token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kids.is_empty()
    }

    /// The key ids, one after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, TokenKeyId> {
        self.kids.iter()
    }

    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

impl IntoIterator for KeyIds {
    type Item = TokenKeyId;
    type IntoIter = std::vec::IntoIter<TokenKeyId>;

    fn into_iter(self) -> Self::IntoIter {
        self.kids.into_iter()
    }
}

impl<'a> IntoIterator for &'a KeyIds {
    type Item = &'a TokenKeyId;
    type IntoIter = std::slice::Iter<'a, TokenKeyId>;

    fn into_iter(self) -> Self::IntoIter {
        self.kids.iter()
    }
}
