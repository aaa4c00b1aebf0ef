//! How a value looks in Redis: `LCT1 REVISION\n`, and the bytes as they were given. The scripts know the first line too.

use line_channel_token_cache::store::{Revision, StoreError, StoreErrorKind, StoredEntry, StoredValue};
use zeroize::Zeroizing;

const MARK: &[u8] = b"LCT";
/// A later version has another number, and is left alone.
const VERSION: &[u8] = b"1";

/// A revision that no other value has, in this process or another.
pub(crate) fn new_revision() -> Revision {
    // Of two processes that were forked from one, the generators are equal and the process ids are not.
    Revision::new(format!("{:024x}{:08x}", fastrand::u128(..) >> 32, std::process::id()))
}

/// What is stored for a value.
pub(crate) fn encode(revision: &Revision, value: &StoredValue) -> Zeroizing<Vec<u8>> {
    let parts = [MARK, VERSION, b" ", revision.as_str().as_bytes(), b"\n", value.expose_bytes()];
    let mut bytes = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// What was stored.
pub(crate) fn decode(stored: Vec<u8>) -> Result<StoredEntry, StoreError> {
    let stored = Zeroizing::new(stored);
    let foreign = || StoreError::new(StoreErrorKind::Unreadable, FOREIGN);
    let rest = stored.strip_prefix(MARK).ok_or_else(foreign)?;
    let head = rest.iter().position(|byte| *byte == b'\n').and_then(|end| rest.get(..end)).ok_or_else(foreign)?;
    let (version, revision) =
        head.iter().position(|byte| *byte == b' ').and_then(|end| head.split_at_checked(end)).ok_or_else(foreign)?;
    if version.is_empty() || !version.iter().all(u8::is_ascii_digit) {
        return Err(foreign());
    }
    if version != VERSION {
        return Err(StoreError::new(StoreErrorKind::Incompatible, NEWER));
    }
    let revision = revision.strip_prefix(b" ").ok_or_else(foreign)?;
    let is_revision = !revision.is_empty() && revision.iter().all(u8::is_ascii_hexdigit);
    let revision = std::str::from_utf8(revision).ok().filter(|_| is_revision).ok_or_else(foreign)?;
    let value = rest.get(head.len() + 1..).unwrap_or_default().to_vec();
    Ok(StoredEntry { value: StoredValue::new(value), revision: Revision::new(revision) })
}

const FOREIGN: &str = "what Redis holds at the key of this channel was not written by line-channel-token, or it was damaged: \
                       give the store a key prefix that nobody else uses, or delete the key";
const NEWER: &str = "what Redis holds at the key of this channel was written by a newer version of line-channel-token: \
                     update this program, or give it a key prefix of its own";

#[cfg(test)]
mod tests {
    use line_channel_token_cache::store::{Revision, StoreErrorKind, StoredValue};

    use super::{decode, encode, new_revision};

    #[test]
    fn what_was_stored_is_found() {
        for bytes in [&b""[..], b"\n", b"LCT1 00\n", &[0, 255, 10, 13, 32]] {
            let revision = new_revision();
            let entry = decode(encode(&revision, &StoredValue::new(bytes.to_vec())).to_vec()).unwrap();
            assert_eq!((entry.value.expose_bytes(), &entry.revision), (bytes, &revision));
        }
    }

    #[test]
    fn what_is_foreign_or_newer_is_told_apart() {
        for (stored, kind) in [
            (&b""[..], StoreErrorKind::Unreadable),
            (b"hello", StoreErrorKind::Unreadable),
            (b"LCT1 7f3a", StoreErrorKind::Unreadable),
            (b"LCT1 \nvalue", StoreErrorKind::Unreadable),
            (b"LCT1 xyz\nvalue", StoreErrorKind::Unreadable),
            (b"LCT1  7f3a\nvalue", StoreErrorKind::Unreadable),
            (b"LCTx 7f3a\nvalue", StoreErrorKind::Unreadable),
            (b"LCT 7f3a\nvalue", StoreErrorKind::Unreadable),
            (b"\xff\xfe", StoreErrorKind::Unreadable),
            (b"LCT2 7f3a\nvalue", StoreErrorKind::Incompatible),
            (b"LCT10 of another form\nvalue", StoreErrorKind::Incompatible),
        ] {
            assert_eq!(decode(stored.to_vec()).unwrap_err().kind(), kind, "{}", String::from_utf8_lossy(stored));
        }
    }

    #[test]
    fn revisions_differ() {
        let (one, other) = (new_revision(), new_revision());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 32);
        assert_ne!(one, Revision::new(""));
    }
}
