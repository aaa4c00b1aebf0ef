//! What the tests do with a store.

use std::time::Duration;

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{
    Comparison, Revision, StoreError, StoreErrorKind, StoreKey, StoredEntry, StoredValue, TokenStore as _,
};
use line_channel_token_core::{BaseUrl, ChannelId};
use line_channel_token_redis::{RedisStore, RedisStoreBuilder};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// Where the value of [`key`] is.
pub(crate) const REDIS_KEY: &str = "line-channel-token:{1234567890.jwt}";

pub(crate) fn key() -> StoreKey {
    StoreKey::new(ChannelId::new("1234567890").unwrap(), TokenFamily::Jwt, &BaseUrl::line())
}

/// With timeouts that a test can wait for.
pub(crate) fn impatient(url: &str) -> RedisStoreBuilder {
    RedisStore::builder(url).connect_timeout(Duration::from_millis(600)).response_timeout(Duration::from_millis(300))
}

/// Stores a value in the place of another, which must succeed.
pub(crate) async fn store(store: &RedisStore, expected: Option<&Revision>, value: &[u8]) -> Revision {
    match store.compare_and_set(&key(), expected, &StoredValue::new(value.to_vec()), HOUR).await.unwrap() {
        Comparison::Stored(revision) => revision,
        Comparison::Changed(snapshot) => panic!("something else is there: {snapshot:?}"),
    }
}

/// The value that is there.
pub(crate) async fn load(store: &RedisStore) -> Result<Option<StoredEntry>, StoreError> {
    store.load(&key()).await.map(|snapshot| snapshot.entry)
}

/// What an attempt to store says.
pub(crate) async fn storing_fails(store: &RedisStore, expected: Option<&Revision>) -> StoreError {
    store.compare_and_set(&key(), expected, &StoredValue::new(b"new".to_vec()), HOUR).await.unwrap_err()
}

/// An error is of this kind, says this, and holds nothing that is secret.
#[track_caller]
pub(crate) fn assert_error(error: &StoreError, kind: StoreErrorKind, says: &str) {
    let text = format!("{error} {error:?}");
    assert_eq!(error.kind(), kind, "{text}");
    assert!(text.contains(says), "{text}");
    for secret in ["s3cret", "redis://", "127.0.0.1", "user_script"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
