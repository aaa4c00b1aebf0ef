//! A record as it is stored: JSON.

use std::borrow::Cow;
use std::time::Duration;

use line_channel_token_core::{AccessToken, TokenKeyId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::record::{Lease, Record, SecretText, SharedToken, Slot};
use crate::store::{SEALED_MARK, StoreError, StoreErrorKind, StoredValue};

/// The format that this version writes. A reader of an older format leaves newer ones alone.
const FORMAT: u32 = 1;

impl Record {
    /// What a value says.
    pub(crate) fn parse(value: &StoredValue) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }

        let bytes = value.expose_bytes();
        if bytes.starts_with(SEALED_MARK) {
            return Err(StoreError::new(
                StoreErrorKind::Incompatible,
                "the value in the store is sealed, and this process has no key for it: give it the key (a `SealedStore`), or a store, or a \
                 prefix, of its own",
            ));
        }
        // A parser's error may show what it has read.
        let head: Head = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        match head.format {
            FORMAT => serde_json::from_slice::<Form<'_>>(bytes).ok().and_then(Form::into_record).ok_or_else(damaged),
            newer if newer > FORMAT => Err(StoreError::new(
                StoreErrorKind::Incompatible,
                format!(
                    "the store holds a value of format {newer}, and this version reads {FORMAT}: update line-channel-token in this \
                     process, or give it a store, or a prefix, of its own"
                ),
            )),
            _ => Err(damaged()),
        }
    }

    /// The value that says it.
    pub(crate) fn to_value(&self) -> StoredValue {
        // Maps and numbers alone, which cannot fail.
        StoredValue::new(serde_json::to_vec(&Form::of(self)).unwrap_or_default())
    }
}

/// The record as it is stored: numbers are milliseconds, times are since the Unix epoch.
#[derive(Serialize, Deserialize)]
struct Form<'a> {
    format: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    token: Option<TokenForm<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseForm>,
    #[serde(default)]
    slots: Vec<SlotForm>,
    #[serde(default)]
    refused_in_a_row: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_at_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct TokenForm<'a> {
    // Borrowed, so that there is no copy of it that nobody wipes; unless it has a character that JSON escapes, which no token of LINE's has.
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    issued_at_ms: u64,
    expires_at_ms: u64,
    #[serde(default)]
    refused: bool,
}

#[derive(Serialize, Deserialize)]
struct LeaseForm {
    nonce: Box<str>,
    expires_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct SlotForm {
    nonce: Box<str>,
    since_ms: u64,
    until_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    certain: bool,
}

impl<'a> Form<'a> {
    fn of(record: &'a Record) -> Self {
        let token = record.token.as_ref().map(|token| TokenForm {
            access_token: Cow::Borrowed(token.access_token.0.as_str()),
            key_id: token.key_id.as_ref().map(|id| id.as_str().to_owned()),
            issued_at_ms: millis(token.issued_at),
            expires_at_ms: millis(token.expires_at),
            refused: token.refused,
        });
        let lease = record
            .lease
            .as_ref()
            .map(|lease| LeaseForm { nonce: lease.nonce.clone(), expires_at_ms: millis(lease.expires_at) });
        let slots = record.slots.iter().map(|slot| SlotForm {
            nonce: slot.nonce.clone(),
            since_ms: millis(slot.since),
            until_ms: millis(slot.until),
            key_id: slot.key_id.as_ref().map(|id| id.as_str().to_owned()),
            certain: slot.certain,
        });
        Self {
            format: FORMAT,
            token,
            lease,
            slots: slots.collect(),
            refused_in_a_row: record.refused_in_a_row,
            refused_at_ms: record.refused_at.map(millis),
        }
    }

    fn into_record(self) -> Option<Record> {
        let key_id = |id: Option<String>| match id {
            Some(id) => TokenKeyId::new(id).ok().map(Some),
            None => Some(None),
        };
        let token = match self.token {
            Some(form) => {
                AccessToken::new(&form.access_token).ok()?;
                Some(SharedToken {
                    access_token: SecretText(Zeroizing::new(form.access_token.into_owned())),
                    key_id: key_id(form.key_id)?,
                    issued_at: Duration::from_millis(form.issued_at_ms),
                    expires_at: Duration::from_millis(form.expires_at_ms),
                    refused: form.refused,
                })
            }
            None => None,
        };
        let slots = self.slots.into_iter().map(|form| {
            Some(Slot {
                nonce: form.nonce,
                since: Duration::from_millis(form.since_ms),
                until: Duration::from_millis(form.until_ms),
                key_id: key_id(form.key_id)?,
                certain: form.certain,
            })
        });
        Some(Record {
            token,
            lease: self
                .lease
                .map(|form| Lease { nonce: form.nonce, expires_at: Duration::from_millis(form.expires_at_ms) }),
            slots: slots.collect::<Option<_>>()?,
            refused_in_a_row: self.refused_in_a_row,
            refused_at: self.refused_at_ms.map(Duration::from_millis),
        })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn damaged() -> StoreError {
    StoreError::new(
        StoreErrorKind::Unreadable,
        "what the store holds for this channel is damaged, or was not written by this library",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{AccessToken, TokenKeyId};

    use crate::sharing::record::{Lease, Record, SecretText, SharedToken, Slot};
    use crate::store::{StoreErrorKind, StoredValue};

    fn record() -> Record {
        let at = Duration::from_secs;
        let key_id = Some(TokenKeyId::new("key-id").unwrap());
        Record {
            token: Some(SharedToken {
                access_token: SecretText::of(&AccessToken::new("the-token").unwrap()),
                key_id: key_id.clone(),
                issued_at: at(100),
                expires_at: at(1000),
                refused: false,
            }),
            lease: Some(Lease { nonce: "mine".into(), expires_at: at(110) }),
            slots: vec![Slot { nonce: "its".into(), since: at(100), until: at(1000), key_id, certain: true }],
            refused_in_a_row: 2,
            refused_at: Some(at(99)),
        }
    }

    #[test]
    fn a_record_survives_its_storage() {
        for record in [record(), Record::default()] {
            assert_eq!(Record::parse(&record.to_value()).unwrap(), record);
        }
        assert_eq!(record().keep_for(Duration::from_secs(400)), Duration::from_secs(600));
    }

    #[test]
    fn a_sealed_value_is_not_taken_for_a_damaged_one() {
        let error = Record::parse(&StoredValue::new(b"LCTS\x01sealed".to_vec())).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Incompatible);
        assert!(error.to_string().contains("is sealed, and this process has no key for it"), "{error}");
    }

    #[test]
    fn a_damaged_value_is_unreadable_and_a_newer_one_incompatible() {
        let whole = record().to_value();
        let whole = whole.expose_bytes();
        for length in 0..whole.len() {
            let error = Record::parse(&StoredValue::new(whole[..length].to_vec())).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{length}");
            assert!(!error.to_string().contains("the-token"));
        }
        for text in ["null", "[]", "{}", r#"{"format":0}"#, r#"{"format":-1}"#, r#"{"format":1,"token":{}}"#, "\u{0}"] {
            let error = Record::parse(&StoredValue::new(text.as_bytes().to_vec())).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{text}");
        }
        let newer = StoredValue::new(br#"{"format":2,"tokens":["the-token"]}"#.to_vec());
        assert_eq!(Record::parse(&newer).unwrap_err().kind(), StoreErrorKind::Incompatible);
    }

    #[test]
    fn members_of_a_later_version_of_the_format_are_passed_over() {
        let record = Record::parse(&StoredValue::new(br#"{"format":1,"slots":[],"new":{"a":1}}"#.to_vec())).unwrap();
        assert_eq!(record, Record::default());
    }

    #[test]
    fn a_clock_that_was_set_back_lengthens_no_lifetime() {
        let token = record().token.unwrap();
        assert_eq!(token.left(Duration::ZERO), Duration::from_secs(900));
        assert_eq!(token.left(Duration::from_secs(2000)), Duration::ZERO);
        assert!(!format!("{token:?}").contains("the-token"));
    }
}
