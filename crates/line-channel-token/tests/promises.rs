//! What the compiler must go on accepting of the facade with all its features.

#![cfg(all(
    feature = "assertion",
    feature = "cache",
    feature = "emulator",
    feature = "hyper",
    feature = "mock",
    feature = "reqwest"
))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as StdError;
use std::time::Duration;

use line_channel_token::cache::{CachedToken, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, RateLimits, TokenFamily};
use line_channel_token::mock::{FakeSigner, ManualClock, MockBackend, Reply, Report, Rule};
use line_channel_token::{
    AssertionSigner, ChannelId, ChannelSecret, Client, Error, HyperBackend, Operation, PublicJwk, ReqwestBackend,
    SigningKey,
};

fn shared<T: Send + Sync + 'static>() {}

fn spawnable<T: Send + 'static>(task: T) {
    drop(task);
}

#[test]
fn every_handle_can_be_shared_between_tasks() {
    shared::<Client>();
    shared::<ReqwestBackend>();
    shared::<HyperBackend>();
    shared::<AssertionSigner>();
    shared::<SigningKey>();
    shared::<PublicJwk>();
    shared::<TokenCache>();
    shared::<CachedToken>();
    shared::<Emulator>();
    shared::<EmulatorServer>();
    shared::<MockBackend>();
    shared::<ManualClock>();
    shared::<FakeSigner>();
    shared::<Rule>();
}

#[test]
fn the_futures_of_a_cache_can_be_spawned() {
    let cache = || {
        let token = line_channel_token::AccessToken::new("t").unwrap();
        TokenCache::new(line_channel_token::cache::StaticSource::new(token))
    };
    let (first, second, third, fourth) = (cache(), cache(), cache(), cache());
    spawnable(async move { first.token().await.map(drop) });
    spawnable(async move { second.token_valid_for(Duration::from_secs(1)).await.map(drop) });
    spawnable(async move { third.warm_up().await });
    spawnable(async move { fourth.shutdown().await });
}

#[test]
fn errors_are_errors_of_the_standard_library() {
    fn error<T: StdError + Send + Sync + 'static>() {}
    error::<Error>();
    error::<Report>();
}

#[test]
fn a_failure_through_a_client_keeps_its_causes() {
    let line = MockBackend::new();
    line.given(Operation::Issue).respond(Reply::timeout());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s").unwrap());
    let error = runtime.block_on(line.client().issue(&id, &secret)).unwrap_err();
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("scripted by the mock"));
}

#[test]
fn the_emulators_settings_can_be_named() {
    let channel = EmulatedChannel::new("1", "s").unwrap();
    let emulator = Emulator::builder().channel(channel).rate_limits(RateLimits::off()).build().unwrap();
    assert_eq!(emulator.live_tokens(&ChannelId::new("1").unwrap(), TokenFamily::Jwt), 0);
}
