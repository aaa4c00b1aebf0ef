//! What a sealed store opens, and what it does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod keys;
mod vectors;

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{
    Comparison, MemoryStore, SealedStore, SealingKey, StoreErrorKind, StoreKey, StoredEntry, StoredValue, TokenStore,
};
use line_channel_token_core::{BaseUrl, ChannelId};
use line_channel_token_mock::ManualClock;

const HOUR: Duration = Duration::from_secs(3600);
const TOKEN: &[u8] = br#"{"token":"s3cretTOKEN.s3cretTOKEN.s3cretTOKEN"}"#;

type Below = (MemoryStore, SealingKey, ManualClock);

line_channel_token_conformance::store_tests! {
    contract,
    fixture: async || {
        let clock = ManualClock::new();
        (MemoryStore::new().with_clock(Arc::new(clock.clone())), SealingKey::generate("2026-11").unwrap(), clock)
    },
    store: async |(store, key, _): &Below| SealedStore::new(store.clone(), key.clone()),
    advance_time: async |(_, _, clock): &Below, by: Duration| clock.advance(by),
    clear: async |(store, _, _): &Below| store.clear(),
    damage: async |(store, _, _): &Below, key: &StoreKey| {
        replace(store, key, |bytes| *bytes.last_mut().unwrap() ^= 1).await;
    },
    make_incompatible: async |(store, _, _): &Below, key: &StoreKey| {
        let another = SealedStore::new(MemoryStore::new(), SealingKey::generate("2026-11").unwrap());
        set(&another, key, b"of another fleet").await;
        copy(another.inner(), key, store, key).await;
    },
}

fn channel(id: &str, family: TokenFamily, server: &str) -> StoreKey {
    StoreKey::new(ChannelId::new(id).unwrap(), family, &BaseUrl::new(server).unwrap())
}

fn store_key() -> StoreKey {
    channel("1234567890", TokenFamily::Jwt, "https://api.line.me")
}

fn sealing_key(id: &str) -> SealingKey {
    SealingKey::generate(id).unwrap()
}

async fn entry(store: &dyn TokenStore, key: &StoreKey) -> Option<StoredEntry> {
    store.load(key).await.unwrap().entry
}

async fn set(store: &dyn TokenStore, key: &StoreKey, bytes: &[u8]) {
    let there = entry(store, key).await.map(|entry| entry.revision);
    let value = StoredValue::new(bytes.to_vec());
    let outcome = store.compare_and_set(key, there.as_ref(), &value, HOUR).await.unwrap();
    assert!(matches!(outcome, Comparison::Stored(_)));
}

/// Changes the bytes that are stored, as they are.
async fn replace(store: &MemoryStore, key: &StoreKey, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = entry(store, key).await.unwrap().value.expose_bytes().to_vec();
    change(&mut bytes);
    set(store, key, &bytes).await;
}

async fn copy(from: &MemoryStore, from_key: &StoreKey, to: &MemoryStore, to_key: &StoreKey) {
    set(to, to_key, entry(from, from_key).await.unwrap().value.expose_bytes()).await;
}

/// A store with a value that was sealed, and what is below it.
async fn with_a_value(key: &SealingKey) -> (SealedStore<MemoryStore>, MemoryStore) {
    let below = MemoryStore::new();
    let store = SealedStore::new(below.clone(), key.clone());
    set(&store, &store_key(), TOKEN).await;
    (store, below)
}

/// It does not open, it is not overwritten, and the error says this.
async fn does_not_open(store: &dyn TokenStore, key: &StoreKey, kind: StoreErrorKind, says: &[&str]) {
    let loaded = store.load(key).await.unwrap_err();
    let set = store.compare_and_set(key, None, &StoredValue::new(vec![1]), HOUR).await.unwrap_err();
    for error in [loaded, set] {
        assert_eq!(error.kind(), kind, "{error}");
        for part in says {
            assert!(error.to_string().contains(part), "{error}: no `{part}`");
        }
        assert!(!format!("{error}{error:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn what_is_below_shows_no_part_of_a_value() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    let first = entry(&below, &store_key()).await.unwrap().value;
    set(&store, &store_key(), TOKEN).await;
    let second = entry(&below, &store_key()).await.unwrap().value;
    assert!(first != second, "the same value is sealed anew each time");
    for sealed in [&first, &second] {
        let bytes = sealed.expose_bytes();
        assert!(TOKEN.windows(4).all(|part| !bytes.windows(4).any(|sealed| sealed == part)));
        assert_eq!(bytes.len(), TOKEN.len() + 4 + 1 + 8 + 1 + "main".len() + 1 + store_key().as_str().len() + 12 + 16);
    }
}

#[tokio::test]
async fn a_value_of_another_channel_family_or_server_does_not_open() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    for other in [
        channel("1234567891", TokenFamily::Jwt, "https://api.line.me"),
        channel("1234567890", TokenFamily::ShortLived, "https://api.line.me"),
        channel("1234567890", TokenFamily::Jwt, "http://127.0.0.1:8787"),
    ] {
        copy(&below, &store_key(), &below, &other).await;
        let says = ["was sealed for 1234567890.jwt, and copied", other.as_str()];
        does_not_open(&store, &other, StoreErrorKind::Incompatible, &says).await;
        // Nor if the header says what one would like to read there.
        let original = store_key().as_str().to_owned();
        replace(&below, &other, |bytes| {
            let at = bytes.windows(original.len()).position(|part| part == original.as_bytes()).unwrap();
            bytes[at - 1] = u8::try_from(other.as_str().len()).unwrap();
            bytes.splice(at..at + original.len(), other.as_str().bytes());
        })
        .await;
        does_not_open(&store, &other, StoreErrorKind::Unreadable, &["is damaged"]).await;
    }
    assert_eq!(entry(&store, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
}

#[tokio::test]
async fn each_changed_bit_is_found() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    let sealed = entry(&below, &store_key()).await.unwrap().value.expose_bytes().to_vec();
    for bit in 0..8 * sealed.len() {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        set(&below, &store_key(), &changed).await;
        let error = store.load(&store_key()).await.expect_err("a changed value opens");
        // The magic number, the format and which key: what looks like somebody else's stays.
        let expected = if bit / 8 < 13 { StoreErrorKind::Incompatible } else { StoreErrorKind::Unreadable };
        assert_eq!(error.kind(), expected, "bit {bit}: {error}");
    }
}

#[tokio::test]
async fn each_truncation_and_each_addition_is_found() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    let sealed = entry(&below, &store_key()).await.unwrap().value.expose_bytes().to_vec();
    let longer = [sealed.clone(), vec![0]].concat();
    let twice = sealed.repeat(2);
    let truncated = (0..sealed.len()).map(|length| sealed[..length].to_vec());
    for changed in truncated.chain([longer, twice]) {
        set(&below, &store_key(), &changed).await;
        does_not_open(&store, &store_key(), StoreErrorKind::Unreadable, &["is damaged", "1234567890.jwt"]).await;
    }
}

#[tokio::test]
async fn a_damaged_value_can_be_set_aside_and_replaced() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    replace(&below, &store_key(), |bytes| bytes.truncate(50)).await;
    store.set_aside(&store_key(), None).await.unwrap();
    set(&store, &store_key(), b"next").await;
    assert_eq!(entry(&store, &store_key()).await.unwrap().value.expose_bytes(), b"next");
}

#[tokio::test]
async fn a_value_of_a_later_format_stays() {
    let (store, below) = with_a_value(&sealing_key("main")).await;
    replace(&below, &store_key(), |bytes| bytes[4] = 2).await;
    does_not_open(&store, &store_key(), StoreErrorKind::Incompatible, &["format 2", "update this program"]).await;
    store.set_aside(&store_key(), None).await.unwrap();
    assert!(entry(&below, &store_key()).await.is_some());
}

#[tokio::test]
async fn unsealed_values_are_taken_over_on_request_alone() {
    let below = MemoryStore::new();
    set(&below, &store_key(), TOKEN).await;
    let store = SealedStore::new(below.clone(), sealing_key("main"));
    does_not_open(&store, &store_key(), StoreErrorKind::Incompatible, &["is not sealed", "with_unsealed_values"]).await;
    store.set_aside(&store_key(), None).await.unwrap();

    let accepting = store.clone().with_unsealed_values(true);
    assert_eq!(entry(&accepting, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
    set(&accepting, &store_key(), TOKEN).await;
    assert!(entry(&below, &store_key()).await.unwrap().value.expose_bytes().starts_with(b"LCTS"));
    assert_eq!(entry(&store, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
}

#[tokio::test]
async fn handles_are_shared_as_the_store_below_is() {
    let key = sealing_key("main");
    let below: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let store = SealedStore::new(Arc::clone(&below), key.clone());
    set(&store, &store_key(), TOKEN).await;
    let other = SealedStore::new(below, key);
    assert_eq!(entry(&other, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
}
