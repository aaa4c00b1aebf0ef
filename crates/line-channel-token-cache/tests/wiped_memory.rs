//! A token that the cache has dropped is wiped from the memory of the process, its header included.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use line_channel_token_cache::{StaticSource, TokenCache};
use line_channel_token_core::AccessToken;

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
