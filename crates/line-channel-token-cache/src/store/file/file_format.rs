//! What is in a file.
//!
//! ```text
//! line-channel-token-store 1 CHECKSUM
//! {"key":…,"revision":…,"keep_until":…,"anchor":…,"length":…}
//! VALUE
//! ```
//!
//! The checksum is of everything behind the first line, which will stay as it is in later versions, up to the number.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::store_key::{StoreKey, fnv_1a};
use super::super::token_store::{Revision, StoredEntry, StoredValue};
use super::anchor::{Anchor, nanoseconds};

const MAGIC: &str = "line-channel-token-store ";
const VERSION: u32 = 1;

/// A file, read.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// `None` if the value was set aside; the time of the store goes on.
    pub(super) kept: Option<Kept>,
    pub(super) anchor: Anchor,
}

/// A value, and until when it is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) entry: StoredEntry,
    pub(super) until: Duration,
}

/// Why a file is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRecord {
    Empty,
    Foreign,
    Damaged,
    OfAnotherKey,
    OfVersion(u32),
}

#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    revision: Option<String>,
    /// In nanoseconds of the store's time.
    keep_until: u64,
    anchor: Anchor,
    /// Of the value, in bytes.
    length: u64,
}

impl Record {
    /// The bytes for a file of this key.
    pub(super) fn encode(&self, key: &StoreKey) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let value = self.kept.as_ref().map_or(&[][..], |kept| kept.entry.value.expose_bytes());
        let header = serde_json::to_vec(&Header {
            key: key.as_str().to_owned(),
            revision: self.kept.as_ref().map(|kept| kept.entry.revision.as_str().to_owned()),
            keep_until: self.kept.as_ref().map_or(0, |kept| nanoseconds(kept.until)),
            anchor: self.anchor.clone(),
            length: u64::try_from(value.len()).unwrap_or(u64::MAX),
        })?;
        let line_length = MAGIC.len() + "4294967295 ".len() + 17;
        // Large enough from the start, because a vector that grows leaves copies of a token behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(line_length + header.len() + 1 + value.len()));
        let checksum = checksum(&[&header, b"\n", value]);
        bytes.extend_from_slice(format!("{MAGIC}{VERSION} {checksum}\n").as_bytes());
        bytes.extend_from_slice(&header);
        bytes.push(b'\n');
        bytes.extend_from_slice(value);
        Ok(bytes)
    }

    /// What is in a file of this key.
    pub(super) fn decode(bytes: &[u8], key: &StoreKey) -> Result<Self, NoRecord> {
        if bytes.is_empty() {
            return Err(NoRecord::Empty);
        }
        let rest = bytes.strip_prefix(MAGIC.as_bytes()).ok_or(NoRecord::Foreign)?;
        let (line, body) = split_line(rest).ok_or(NoRecord::Damaged)?;
        let line = std::str::from_utf8(line).map_err(|_| NoRecord::Damaged)?;
        let (version, found) = line.split_once(' ').unwrap_or((line, ""));
        let version: u32 = version.parse().map_err(|_| NoRecord::Damaged)?;
        if version > VERSION {
            return Err(NoRecord::OfVersion(version));
        }
        if version < VERSION || found != checksum(&[body]) {
            return Err(NoRecord::Damaged);
        }
        let (header, value) = split_line(body).ok_or(NoRecord::Damaged)?;
        let header: Header = serde_json::from_slice(header).map_err(|_| NoRecord::Damaged)?;
        if header.key != key.as_str() {
            return Err(NoRecord::OfAnotherKey);
        }
        if u64::try_from(value.len()) != Ok(header.length) {
            return Err(NoRecord::Damaged);
        }
        let kept = header.revision.map(|revision| Kept {
            entry: StoredEntry { value: StoredValue::new(value.to_vec()), revision: Revision::new(revision) },
            until: Duration::from_nanos(header.keep_until),
        });
        Ok(Self { kept, anchor: header.anchor })
    }
}

/// The bytes before the first line break, and those after it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    bytes.split_at_checked(end).and_then(|(line, rest)| Some((line, rest.strip_prefix(b"\n")?)))
}

/// Against damage, not against anybody who wants to deceive: who can write here can read the token.
fn checksum(parts: &[&[u8]]) -> String {
    format!("{:016x}", fnv_1a(parts.iter().copied().flatten()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{BaseUrl, ChannelId, Moment};

    use super::super::super::store_key::StoreKey;
    use super::super::super::token_store::{Revision, StoredEntry, StoredValue};
    use super::super::anchor::Anchor;
    use super::super::boot::Timebase;
    use super::{Kept, NoRecord, Record};
    use crate::TokenFamily;

    fn key(id: &str) -> StoreKey {
        StoreKey::new(ChannelId::new(id).unwrap(), TokenFamily::Jwt, &BaseUrl::line())
    }

    fn record(value: Vec<u8>) -> Record {
        let moment = Moment { monotonic: Duration::from_secs(5), unix: Duration::from_secs(1_767_225_600) };
        let entry = StoredEntry { value: StoredValue::new(value), revision: Revision::new("7f3a") };
        Record {
            kept: Some(Kept { entry, until: Duration::MAX }),
            anchor: Anchor::new(moment.unix, moment, &Timebase::of_this_store()),
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        for value in [vec![], b"\n\nline-channel-token-store 1\n".to_vec(), (0..=255).cycle().take(70_000).collect()] {
            let written = record(value.clone());
            let bytes = written.encode(&key("1234567890")).unwrap();
            let read = Record::decode(&bytes, &key("1234567890")).unwrap();
            let entry = read.kept.unwrap().entry;
            assert_eq!((entry.value.expose_bytes(), entry.revision.as_str()), (&*value, "7f3a"));
            assert_eq!(read.anchor, written.anchor);
        }
    }

    #[test]
    fn every_changed_bit_is_found() {
        let bytes = record(b"a value of some bytes".to_vec()).encode(&key("1234567890")).unwrap();
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.to_vec();
                changed[position] ^= 1 << bit;
                assert!(Record::decode(&changed, &key("1234567890")).is_err(), "bit {bit} of byte {position}");
            }
        }
    }

    #[test]
    fn every_cut_and_every_addition_is_found() {
        let bytes = record(b"a value of some bytes".to_vec()).encode(&key("1234567890")).unwrap();
        for length in 0..bytes.len() {
            assert!(Record::decode(&bytes[..length], &key("1234567890")).is_err(), "{length} bytes");
        }
        let longer = [&bytes[..], b"\n"].concat();
        assert_eq!(Record::decode(&longer, &key("1234567890")).unwrap_err(), NoRecord::Damaged);
        let zeros = vec![0; bytes.len()];
        assert_eq!(Record::decode(&zeros, &key("1234567890")).unwrap_err(), NoRecord::Foreign);
    }

    #[test]
    fn a_file_says_whose_it_is() {
        let bytes = record(b"a value".to_vec()).encode(&key("1234567890")).unwrap();
        assert_eq!(Record::decode(&bytes, &key("1234567891")).unwrap_err(), NoRecord::OfAnotherKey);
        assert_eq!(Record::decode(b"", &key("1234567890")).unwrap_err(), NoRecord::Empty);
        assert_eq!(Record::decode(b"{}", &key("1234567890")).unwrap_err(), NoRecord::Foreign);
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        for (text, why) in [
            ("line-channel-token-store 2 whatever\n", NoRecord::OfVersion(2)),
            ("line-channel-token-store 17\nand more", NoRecord::OfVersion(17)),
            ("line-channel-token-store 0 whatever\n", NoRecord::Damaged),
            ("line-channel-token-store 2", NoRecord::Damaged),
            ("line-channel-token-store x\n", NoRecord::Damaged),
            ("line-channel-token-store 1 \n", NoRecord::Damaged),
        ] {
            assert_eq!(Record::decode(text.as_bytes(), &key("1234567890")).unwrap_err(), why, "{text}");
        }
    }
}
