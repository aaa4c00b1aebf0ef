//! A token that died before its time: the Messaging API refuses it once, and the next message goes out with another.

use std::sync::Arc;

use line_channel_token::cache::{CachedToken, ShortLivedSource, TokenCache};
use line_channel_token::emulator::{BearerError, EmulatedChannel, Emulator, TokenFamily};
use line_channel_token::mock::ManualClock;
use line_channel_token::{ChannelId, ChannelSecret, HttpBackend, Limits};

/// Sends a message as a bot would, with the token of the cache.
async fn push(emulator: &Emulator, token: &CachedToken) -> u16 {
    let body = r#"{"to":"U1","messages":[{"type":"text","text":"Hello!"}]}"#;
    let request = http::Request::post("https://api.line.me/v2/bot/message/push")
        .header("authorization", token.header_value())
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap();
    emulator.send(request, Limits::default()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_revoked_token_is_refused_once_and_replaced() {
    let id = ChannelId::new("1234567890").unwrap();
    let secret = ChannelSecret::new("s3cret").unwrap();
    let clock = Arc::new(ManualClock::auto_advancing());
    let channel = EmulatedChannel::new("1234567890", "s3cret").unwrap();
    let emulator = Emulator::builder().channel(channel).clock(clock.clone()).build().unwrap();
    let client = emulator.client();
    let cache = TokenCache::new(ShortLivedSource::new(client, id.clone(), secret));

    let token = cache.token().await.unwrap();
    assert_eq!(push(&emulator, &token).await, 200);

    assert_eq!(emulator.revoke_all(&id), 1, "somebody else revokes it");
    assert_eq!(push(&emulator, &cache.token().await.unwrap()).await, 401, "the cache cannot know");
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", token.header_value());
    assert_eq!(emulator.check_bearer(&headers), Err(BearerError::Revoked));

    cache.invalidate(&token);
    let next = cache.token().await.unwrap();
    assert_eq!(push(&emulator, &next).await, 200, "recovered");
    assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 1);
}
