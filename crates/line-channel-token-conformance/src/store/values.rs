//! The keys and values of the cases, and the calls with what must come of them.

use std::time::Duration;

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{Comparison, Revision, Snapshot, StoreKey, StoredValue, TokenStore};
use line_channel_token_core::{BaseUrl, ChannelId};

/// Longer than any case takes.
pub(super) const LONG: Duration = Duration::from_secs(3600);

pub(super) fn key() -> StoreKey {
    key_of("1234567890", TokenFamily::Jwt, &BaseUrl::line())
}

pub(super) fn key_of(channel: &str, family: TokenFamily, server: &BaseUrl) -> StoreKey {
    StoreKey::new(ChannelId::new(channel).unwrap(), family, server)
}

pub(super) fn value(text: &str) -> StoredValue {
    StoredValue::new(text.as_bytes().to_vec())
}

/// Loads, which must succeed.
pub(super) async fn load(store: &dyn TokenStore, key: &StoreKey) -> Snapshot {
    store.load(key).await.unwrap_or_else(|error| panic!("`load` failed: {error}"))
}

/// Asserts that this is what the store holds. Returns its revision.
pub(super) async fn assert_holds(store: &dyn TokenStore, key: &StoreKey, expected: &StoredValue) -> Revision {
    let Some(entry) = load(store, key).await.entry else {
        panic!("there is no value at {key}, and one of {} bytes was stored there", expected.expose_bytes().len())
    };
    assert_same(&entry.value, expected);
    entry.revision
}

pub(super) async fn assert_empty(store: &dyn TokenStore, key: &StoreKey) {
    if let Some(entry) = load(store, key).await.entry {
        panic!("there is a value at {key}, of {} bytes", entry.value.expose_bytes().len());
    }
}

/// The bytes are not shown, because there can be 64 KiB of them.
pub(super) fn assert_same(found: &StoredValue, expected: &StoredValue) {
    let (found, expected) = (found.expose_bytes(), expected.expose_bytes());
    let differs_at = found.iter().zip(expected).position(|(left, right)| left != right);
    assert!(
        found == expected,
        "{} bytes were stored and {} bytes were loaded, the first difference is at {}",
        expected.len(),
        found.len(),
        differs_at.unwrap_or(found.len().min(expected.len()))
    );
}

pub(super) async fn compare_and_set(
    store: &dyn TokenStore,
    key: &StoreKey,
    expected: Option<&Revision>,
    value: &StoredValue,
    keep_for: Duration,
) -> Comparison {
    let outcome = store.compare_and_set(key, expected, value, keep_for).await;
    outcome.unwrap_or_else(|error| panic!("`compare_and_set` failed: {error}"))
}

/// Stores for long, which must succeed. Returns the revision.
pub(super) async fn set(
    store: &dyn TokenStore,
    key: &StoreKey,
    expected: Option<&Revision>,
    value: &StoredValue,
) -> Revision {
    set_for(store, key, expected, value, LONG).await
}

pub(super) async fn set_for(
    store: &dyn TokenStore,
    key: &StoreKey,
    expected: Option<&Revision>,
    value: &StoredValue,
    keep_for: Duration,
) -> Revision {
    match compare_and_set(store, key, expected, value, keep_for).await {
        Comparison::Stored(revision) => revision,
        Comparison::Changed(_) => panic!("nothing was stored, although {} is what there is", shown(expected)),
    }
}

/// Attempts to store, which must not succeed. Returns what there is.
pub(super) async fn assert_changed(
    store: &dyn TokenStore,
    key: &StoreKey,
    expected: Option<&Revision>,
    value: &StoredValue,
) -> Snapshot {
    match compare_and_set(store, key, expected, value, LONG).await {
        Comparison::Changed(snapshot) => snapshot,
        Comparison::Stored(_) => panic!("a value was stored, although {} is not what there is", shown(expected)),
    }
}

pub(super) fn shown(revision: Option<&Revision>) -> String {
    revision.map_or_else(|| "no value".to_owned(), |revision| format!("revision `{}`", revision.as_str()))
}
