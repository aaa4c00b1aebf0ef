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

#[cfg(feature = "sealed-store")]
mod sealed {
    use std::time::Duration;

    use line_channel_token_cache::TokenFamily;
    use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey, StoreKey, StoredValue, TokenStore};
    use line_channel_token_core::{BaseUrl, ChannelId};

    use super::memory;

    /// A key whose last byte is no text, because text is refused.
    fn with_key<T>(needle: &memory::Needle, take: impl FnOnce(&[u8]) -> T) -> T {
        needle.with(|text| {
            let mut bytes = Vec::with_capacity(32);
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0xff);
            let taken = take(&bytes);
            bytes.fill(0);
            std::hint::black_box(&bytes);
            taken
        })
    }

    fn with_text<T>(needle: &memory::Needle, take: impl FnOnce(&str) -> T) -> T {
        needle.with(|text| {
            let mut whole = String::with_capacity(64);
            // The last character of unpadded base64 has two bits that are zero.
            whole.extend(["main:", text, "A"]);
            let taken = take(&whole);
            whole.replace_range(.., &"\0".repeat(whole.len()));
            std::hint::black_box(&whole);
            taken
        })
    }

    #[tokio::test]
    async fn sealing_keys_and_what_they_open_are_wiped() {
        let mut of_bytes = memory::Needle::new(31);
        let mut of_text = memory::Needle::new(42);
        let mut of_value = memory::Needle::new(201);
        let below = MemoryStore::new();
        let key = with_text(&of_text, |text| SealingKey::parse(text).unwrap());
        let store = SealedStore::new(below.clone(), key)
            .with_previous_key(with_key(&of_bytes, |bytes| SealingKey::new("other", bytes).unwrap()));
        let at = StoreKey::new(ChannelId::new("1234567890").unwrap(), TokenFamily::Jwt, &BaseUrl::line());
        let value = of_value.with(|text| StoredValue::new(text.as_bytes().to_vec()));
        store.compare_and_set(&at, None, &value, Duration::from_secs(3600)).await.unwrap();
        drop(value);
        let loaded = store.load(&at).await.unwrap();
        assert_eq!(of_value.found(), 1, "what was loaded holds it alone");
        assert_eq!(of_text.found(), 1, "the key itself holds its text alone");
        drop((loaded, store));
        for (needle, what) in [(&mut of_bytes, "key"), (&mut of_text, "text of a key"), (&mut of_value, "value")] {
            assert_eq!(needle.found(), 0, "the {what} is still there");
        }
    }
}
