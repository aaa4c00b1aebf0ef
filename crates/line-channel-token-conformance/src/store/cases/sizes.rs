//! Which values a store keeps.

use line_channel_token_cache::store::{Revision, StoredValue};

use super::super::environment::Environment;
use super::super::values::{assert_holds, key, set};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "a value of 0 to 64 KiB is kept as it is, whatever its bytes are",
    hint: "store bytes, not text (`bytea`, `BLOB`): encode them (base64) if there is no such type; an empty value is a value",
};

const MAX: usize = 64 * 1024;

async fn each_is_kept(environment: &Environment, values: impl IntoIterator<Item = Vec<u8>>) {
    let store = environment.handle().await;
    let mut last: Option<Revision> = None;
    for bytes in values {
        let stored = StoredValue::new(bytes);
        let revision = set(&*store, &key(), last.as_ref(), &stored).await;
        assert_eq!(assert_holds(&*store, &key(), &stored).await, revision);
        last = Some(revision);
    }
}

/// Bytes without a pattern, so that nothing compresses or repeats.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

pub async fn values_of_any_size_are_kept(environment: Environment) {
    let sizes = [1, 15, 16, 17, 255, 256, 1000, 1024, 4095, 4096, 4097, 8192, 16 * 1024, 32 * 1024 + 1, MAX - 1, MAX];
    each_is_kept(&environment, sizes.into_iter().map(bytes)).await;
}

pub async fn an_empty_value_is_a_value(environment: Environment) {
    each_is_kept(&environment, [vec![], b"not empty".to_vec(), vec![]]).await;
}

pub async fn every_byte_is_kept(environment: Environment) {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let reversed = all.iter().rev().copied().collect();
    each_is_kept(&environment, [all, reversed]).await;
}

/// What a protocol or a format could take for something of its own.
pub async fn bytes_with_a_meaning_elsewhere_are_kept(environment: Environment) {
    let values: [&[u8]; 12] = [
        b"\0",
        b"nul\0",
        b"\0\0\0\0",
        b"line\n",
        b"line\r\n",
        b"\r\n$-1\r\n",
        b" spaces ",
        b"\"quoted\"",
        b"%s%n{}\\x00",
        b"\xef\xbb\xbfBOM",
        b"\xff\xfe\xfd",
        b"'; DROP TABLE tokens; --",
    ];
    each_is_kept(&environment, values.into_iter().map(<[u8]>::to_vec)).await;
}
