//! Keys: their rotation, those that are missing, and what they show of themselves.

use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey, StoreErrorKind};

use super::{TOKEN, does_not_open, entry, sealing_key, set, store_key, with_a_value};

#[tokio::test]
async fn a_previous_key_opens_and_the_new_one_seals() {
    let (old, new) = (sealing_key("2026-11"), sealing_key("2026-12"));
    let (old_store, below) = with_a_value(&old).await;
    // The first step: all processes open what the new key seals, before any of them seals with it.
    let prepared = SealedStore::new(below.clone(), old.clone()).with_previous_key(new.clone());
    let rotated = SealedStore::new(below.clone(), new.clone()).with_previous_key(old.clone());
    for store in [&prepared, &rotated] {
        assert_eq!(entry(store, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
    }
    set(&rotated, &store_key(), b"sealed anew").await;
    assert_eq!(entry(&prepared, &store_key()).await.unwrap().value.expose_bytes(), b"sealed anew");
    let done = SealedStore::new(below, new);
    assert_eq!(entry(&done, &store_key()).await.unwrap().value.expose_bytes(), b"sealed anew");
    let says = ["the key `2026-12`", "this process has `2026-11`:", "add that key as a previous one"];
    does_not_open(&old_store, &store_key(), StoreErrorKind::Incompatible, &says).await;
}

#[tokio::test]
async fn a_missing_key_is_named_with_those_that_are_there() {
    let (_, below) = with_a_value(&sealing_key("lost")).await;
    let store = SealedStore::new(below.clone(), sealing_key("c")).with_previous_key(sealing_key("b"));
    let says =
        ["1234567890.jwt", "the key `lost`", "this process has `c`, `b`:", "if that key is lost, delete the value"];
    does_not_open(&store, &store_key(), StoreErrorKind::Incompatible, &says).await;
}

#[tokio::test]
async fn two_keys_of_one_name_are_told_apart() {
    let (_, below) = with_a_value(&sealing_key("main")).await;
    let store = SealedStore::new(below.clone(), sealing_key("main"));
    let says = ["another key that is called `main` too", "an id of its own"];
    does_not_open(&store, &store_key(), StoreErrorKind::Incompatible, &says).await;
}

#[tokio::test]
async fn a_key_that_was_renamed_opens() {
    let key = sealing_key("main");
    let (_, below) = with_a_value(&key).await;
    let (_, bytes) = key.expose_secret().split_once(':').unwrap();
    let renamed = SealingKey::parse(&format!("2026-11:{bytes}")).unwrap();
    let store = SealedStore::new(below, renamed);
    assert_eq!(entry(&store, &store_key()).await.unwrap().value.expose_bytes(), TOKEN);
}

#[test]
fn a_key_is_what_its_text_says() {
    let key = sealing_key("2026-11");
    let again: SealingKey = key.expose_secret().parse().unwrap();
    assert_eq!((again.id(), again.expose_secret()), (key.id(), key.expose_secret()));
    assert_ne!(sealing_key("2026-11").expose_secret(), key.expose_secret());
}

#[test]
fn a_key_of_the_wrong_length_or_without_a_usable_id_is_an_error() {
    let key = *b"\xfb\xff\xbe\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d";
    for (id, key, says) in [
        ("main", &key[..31], "has 31 bytes, and AES-256 needs 32"),
        ("main", &key[..0], "has 0 bytes"),
        ("main", &key.repeat(2)[..], "has 64 bytes"),
        ("main", &[0; 32][..], "the same byte 32 times"),
        ("main", b"0123456789abcdef0123456789abcdef", "32 characters of text"),
        ("", &key[..], "is empty"),
        ("ma:in", &key[..], "none of letters, digits"),
        ("m\u{e4}in", &key[..], "none of letters, digits"),
        ("fbffbe0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d", &key[..], "looks like the key itself"),
    ] {
        let error = SealingKey::new(id, key).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::InvalidSettings);
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(SealingKey::new("main", &key).is_ok());
}

#[test]
fn debug_shows_ids_and_no_key() {
    let (key, old) = (sealing_key("2026-12"), sealing_key("2026-11"));
    let store = SealedStore::new(MemoryStore::new(), key.clone()).with_previous_key(old.clone());
    let shown = format!("{store:?}{store:#?}{key:?}{old:?}");
    for key in [&key, &old] {
        let (id, bytes) = key.expose_secret().split_once(':').unwrap();
        assert!(shown.contains(id) && !shown.contains(bytes), "{shown}");
    }
}
