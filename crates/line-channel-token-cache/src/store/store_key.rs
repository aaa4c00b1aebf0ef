//! What a store keeps a channel's tokens under.

use std::fmt;

use line_channel_token_core::{BaseUrl, ChannelId};

use crate::token_family::TokenFamily;

/// What a store keeps the tokens of one channel, one family and one server under.
///
/// Its text is ASCII: digits, letters, `.`, `_` and `-`, at most 60 characters, so that it can be a part of a file's name or of a key of
/// Redis. Tokens of an emulator or a gateway are kept apart from LINE's own.
///
/// ```
/// use line_channel_token_cache::TokenFamily;
/// use line_channel_token_cache::store::StoreKey;
/// use line_channel_token_core::{BaseUrl, ChannelId};
///
/// let key = StoreKey::new(ChannelId::new("1234567890")?, TokenFamily::Jwt, &BaseUrl::line());
/// assert_eq!(key.as_str(), "1234567890.jwt");
/// let other = StoreKey::new(ChannelId::new("1234567890")?, TokenFamily::Jwt, &BaseUrl::new("http://127.0.0.1:8787")?);
/// assert_ne!(key, other);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreKey {
    channel_id: ChannelId,
    family: TokenFamily,
    text: Box<str>,
}

impl StoreKey {
    /// The key for the tokens of this channel and family that this server issues.
    #[must_use]
    pub fn new(channel_id: ChannelId, family: TokenFamily, server: &BaseUrl) -> Self {
        let mut text = format!("{channel_id}.{family}");
        if *server != BaseUrl::line() {
            text.push_str(&format!(".{:016x}", fnv_1a(server.to_string().as_bytes())));
        }
        Self { channel_id, family, text: text.into() }
    }

    /// The channel that the tokens are for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// The family of the tokens.
    #[must_use]
    pub fn family(&self) -> TokenFamily {
        self.family
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreKey").field(&self.text).finish()
    }
}

/// FNV-1a of 64 bits, which is the same in every version and on every machine, as what processes share must be.
pub(super) fn fnv_1a<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::fnv_1a;

    #[test]
    fn hashes_are_those_of_the_published_vectors() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(fnv_1a(text.as_bytes()), hash, "{text}");
        }
    }
}
