//! Values that Python has sealed, by the package `cryptography`, and two that this crate has: `cargo xtask pyjwt` opens all of them with the
//! program of the guide. `xtask/python/sealed_values.py make` writes those of Python anew.

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey, StoreKey};
use line_channel_token_core::{BaseUrl, ChannelId};
use serde::Deserialize;

use super::{entry, set};

#[derive(Deserialize)]
struct Vector {
    by: String,
    key: String,
    store_key: String,
    value: String,
    sealed: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The key of this text. Servers are hashed in it, so they are found among these.
fn store_key(text: &str) -> StoreKey {
    let channel = ChannelId::new("1234567890").unwrap();
    let servers = [BaseUrl::line(), BaseUrl::new("http://127.0.0.1:8787").unwrap()];
    let keys = TokenFamily::ALL
        .iter()
        .flat_map(|family| servers.each_ref().map(|server| StoreKey::new(channel.clone(), *family, server)));
    keys.into_iter().find(|key| key.as_str() == text).unwrap_or_else(|| panic!("no key has the text {text}"))
}

#[tokio::test]
async fn values_that_others_sealed_are_opened() {
    for vector in vectors() {
        let below = MemoryStore::new();
        let key = store_key(&vector.store_key);
        set(&below, &key, &bytes(&vector.sealed)).await;
        let store = SealedStore::new(below, SealingKey::parse(&vector.key).unwrap());
        let opened = entry(&store, &key).await.unwrap().value;
        assert_eq!(opened.expose_bytes(), bytes(&vector.value), "sealed by {}", vector.by);
    }
}

/// But for the nonce and what follows it, which is random.
#[tokio::test]
async fn headers_are_those_of_others() {
    for vector in vectors() {
        let below = MemoryStore::new();
        let key = store_key(&vector.store_key);
        let store = SealedStore::new(below.clone(), SealingKey::parse(&vector.key).unwrap());
        set(&store, &key, &bytes(&vector.value)).await;
        let sealed = entry(&below, &key).await.unwrap().value.expose_bytes().to_vec();
        let expected = bytes(&vector.sealed);
        assert_eq!(sealed.len(), expected.len());
        let header = expected.len() - 12 - 16 - bytes(&vector.value).len();
        assert_eq!(sealed[..header], expected[..header]);
        assert_ne!(sealed[header..header + 12], expected[header..header + 12], "a nonce was used again");
    }
}
