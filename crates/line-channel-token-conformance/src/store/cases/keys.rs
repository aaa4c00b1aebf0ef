//! Several keys in one store.

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::StoreKey;
use line_channel_token_core::BaseUrl;

use super::super::environment::Environment;
use super::super::values::{assert_changed, assert_empty, assert_holds, key_of, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "the values of different keys do not touch each other: of other channels, other families, other servers",
    hint: "keep a value under the whole text of `StoreKey::as_str`, not under the channel id alone; compare exactly, not by a prefix or a pattern",
};

/// Each two differ in one thing. Some texts are the beginning of others.
fn keys() -> Vec<StoreKey> {
    let servers = [
        BaseUrl::line(),
        BaseUrl::new("http://127.0.0.1:8787").unwrap(),
        BaseUrl::new("http://127.0.0.1:8788").unwrap(),
    ];
    let mut keys = Vec::new();
    for channel in ["1234567890", "1234567891", "123456789", "12345678901"] {
        for family in TokenFamily::ALL {
            for server in &servers {
                keys.push(key_of(channel, *family, server));
            }
        }
    }
    keys
}

pub async fn each_key_has_a_value_of_its_own(environment: Environment) {
    let store = environment.handle().await;
    for key in keys() {
        assert_empty(&*store, &key).await;
        set(&*store, &key, None, &value(key.as_str())).await;
    }
    for key in keys() {
        assert_holds(&*store, &key, &value(key.as_str())).await;
    }
}

pub async fn a_revision_of_another_key_stores_nothing(environment: Environment) {
    let store = environment.handle().await;
    let mut revisions = Vec::new();
    for key in keys() {
        revisions.push((key.clone(), set(&*store, &key, None, &value(key.as_str())).await));
    }
    for (number, (key, _)) in revisions.iter().enumerate() {
        let (_, other) = &revisions[(number + 1) % revisions.len()];
        assert_changed(&*store, key, Some(other), &value("of another")).await;
        assert_holds(&*store, key, &value(key.as_str())).await;
    }
}

pub async fn setting_one_aside_leaves_the_others(environment: Environment) {
    let store = environment.handle().await;
    let mut revisions = Vec::new();
    for key in keys() {
        revisions.push((key.clone(), set(&*store, &key, None, &value(key.as_str())).await));
    }
    for (number, (key, revision)) in revisions.iter().enumerate() {
        store.set_aside(key, Some(revision)).await.unwrap();
        assert_empty(&*store, key).await;
        for (other, _) in &revisions[number + 1..] {
            assert_holds(&*store, other, &value(other.as_str())).await;
        }
    }
}
