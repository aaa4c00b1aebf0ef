//! The bytes of a sealed value, as the documentation of [`SealedStore`](super::SealedStore) lists them.

/// What each sealed value begins with.
pub(super) const MAGIC: &[u8] = crate::store::SEALED_MARK;
/// The format that is written.
const VERSION: u8 = 1;
/// The length of the part of a key's derivation that tells keys apart.
pub(super) const CHECK: usize = 8;
const NONCE: usize = 12;
const TAG: usize = 16;
/// The length of the id of a key at most.
pub(super) const MAX_KEY_ID: usize = 64;

/// A sealed value, taken apart. Nothing of it is authentic before it was opened.
pub(super) struct Envelope<'a> {
    /// All that is before the nonce, which is the associated data.
    pub(super) header: &'a [u8],
    pub(super) key_check: [u8; CHECK],
    pub(super) key_id: &'a str,
    pub(super) store_key: &'a str,
    pub(super) nonce: [u8; NONCE],
    /// The encrypted value and its tag.
    pub(super) sealed: &'a [u8],
}

/// Why bytes are no envelope that this version can take apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoEnvelope {
    /// They do not begin as one.
    NotSealed,
    /// They have a format that this version does not know.
    OtherVersion(u8),
    /// They begin as one, and are damaged.
    Damaged,
}

/// What is before the nonce.
pub(super) fn header(key_check: [u8; CHECK], key_id: &str, store_key: &str) -> Vec<u8> {
    let mut header = Vec::with_capacity(MAGIC.len() + 1 + CHECK + 2 + key_id.len() + store_key.len());
    header.extend_from_slice(MAGIC);
    header.push(VERSION);
    header.extend_from_slice(&key_check);
    for text in [key_id, store_key] {
        // Neither is longer than 64 bytes.
        header.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        header.extend_from_slice(text.as_bytes());
    }
    header
}

impl<'a> Envelope<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, NoEnvelope> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            // What is shorter than that is the beginning of anything.
            return Err(if MAGIC.starts_with(bytes) { NoEnvelope::Damaged } else { NoEnvelope::NotSealed });
        };
        let (version, rest) = rest.split_first().ok_or(NoEnvelope::Damaged)?;
        if *version != VERSION {
            return Err(NoEnvelope::OtherVersion(*version));
        }
        let (key_check, rest) = rest.split_first_chunk().ok_or(NoEnvelope::Damaged)?;
        let (key_id, rest) = text(rest).ok_or(NoEnvelope::Damaged)?;
        let (store_key, rest) = text(rest).ok_or(NoEnvelope::Damaged)?;
        let header = bytes.strip_suffix(rest).unwrap_or_default();
        let (nonce, sealed) = rest.split_first_chunk().ok_or(NoEnvelope::Damaged)?;
        if sealed.len() < TAG {
            return Err(NoEnvelope::Damaged);
        }
        Ok(Self { header, key_check: *key_check, key_id, store_key, nonce: *nonce, sealed })
    }
}

/// A text after its length, and what follows.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(text).ok().filter(|text| is_name(text))?, rest))
}

/// Whether this can stand in an error: letters, digits, `.`, `_` and `-`, which is what ids and store keys consist of.
pub(super) fn is_name(text: &str) -> bool {
    (1..=MAX_KEY_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Envelope, NoEnvelope, header};

    fn bytes() -> Vec<u8> {
        let mut bytes = header(*b"8 bytes!", "2026-11", "1234567890.jwt");
        bytes.extend_from_slice(b"12 of nonce.");
        bytes.extend_from_slice(b"value.16 bytes of tag");
        bytes
    }

    #[test]
    fn an_envelope_is_taken_apart() {
        let bytes = bytes();
        let envelope = Envelope::parse(&bytes).ok().unwrap();
        assert_eq!((envelope.key_id, envelope.store_key), ("2026-11", "1234567890.jwt"));
        assert_eq!((&envelope.key_check, &envelope.nonce), (b"8 bytes!", b"12 of nonce."));
        assert_eq!(envelope.sealed, b"value.16 bytes of tag");
        assert_eq!(envelope.header, b"LCTS\x018 bytes!\x072026-11\x0e1234567890.jwt");
    }

    #[test]
    fn every_truncation_is_damage() {
        let bytes = bytes();
        // The last five are the encrypted value, whose length nothing says but the tag.
        for length in 0..bytes.len() - 5 {
            let parsed = Envelope::parse(&bytes[..length]).err();
            assert_eq!(parsed, Some(NoEnvelope::Damaged), "{length} bytes");
        }
    }

    #[test]
    fn lengths_and_texts_are_checked() {
        for (at, byte) in
            [(13, 0), (13, 65), (13, 255), (14, b' '), (14, b'\n'), (14, 0xff), (21, 0), (21, 255), (22, b'"')]
        {
            let mut damaged = bytes();
            damaged[at] = byte;
            assert_eq!(Envelope::parse(&damaged).err(), Some(NoEnvelope::Damaged), "{byte} at {at}");
        }
    }

    #[test]
    fn other_formats_are_told_apart() {
        assert_eq!(Envelope::parse(b"{\"format\":1}").err(), Some(NoEnvelope::NotSealed));
        assert_eq!(Envelope::parse(b"LCTX").err(), Some(NoEnvelope::NotSealed));
        assert_eq!(Envelope::parse(b"LCTS\x02").err(), Some(NoEnvelope::OtherVersion(2)));
    }
}
