//! A token that the cache has dropped is wiped from the memory of the process, its header included; so is a value of a store in files.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use line_channel_token_cache::store::{FileStore, StoreKey, StoredValue, TokenStore};
use line_channel_token_cache::{StaticSource, TokenCache, TokenFamily};
use line_channel_token_core::{AccessToken, BaseUrl, ChannelId};

#[path = "../../line-channel-token-core/tests/support/memory.rs"]
mod memory;

#[tokio::test]
async fn a_cached_token_and_its_header_are_wiped() {
    let mut needle = memory::Needle::new(172);
    let tokens = needle.with(|text| TokenCache::new(StaticSource::new(AccessToken::new(text).unwrap())));
    let token = tokens.token().await.unwrap();
    let header = token.header_value();
    drop((token, tokens));
    // The task of the refresh ends.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(needle.found(), 1, "the clone of the header holds it alone");
    drop(header);
    assert_eq!(needle.found(), 0, "it is still there");
}

#[tokio::test]
async fn a_value_in_a_file_is_wiped_from_memory() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::new(directory.path().join("tokens")).unwrap();
    let key = StoreKey::new(ChannelId::new("1234567890").unwrap(), TokenFamily::Jwt, &BaseUrl::line());
    let mut needle = memory::Needle::new(301);
    let value = needle.with(|text| StoredValue::new(text.as_bytes().to_vec()));
    store.compare_and_set(&key, None, &value, Duration::from_secs(60)).await.unwrap();
    drop(value);
    let loaded = store.load(&key).await.unwrap();
    assert_eq!(needle.found(), 1, "what was loaded holds it alone");
    drop(loaded);
    assert_eq!(needle.found(), 0, "it is still there");
}
