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

use line_channel_token::cache::{
    CachedToken, Credentials, IssueRequest, Issued, LookupSource, NewToken, RetireReason, Retired, RevocationReport,
    Shutdown, SourcePolicy, StaticSource, TokenCache, TokenPool, TokenSource, async_trait,
};
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, RateLimits, TokenFamily};
use line_channel_token::mock::{FakeSigner, ManualClock, MockBackend, Reply, Rule, VerificationReport};
use line_channel_token::{
    AccessToken, AssertionSigner, ChannelId, ChannelSecret, Client, Error, HyperBackend, Operation, PublicJwk,
    ReqwestBackend, SigningKey,
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
    shared::<TokenPool>();
    shared::<Credentials>();
    shared::<NewToken>();
    shared::<RevocationReport>();
    shared::<SourcePolicy>();
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
        let token = AccessToken::new("t").unwrap();
        TokenCache::new(StaticSource::new(token))
    };
    let (first, second, third, fourth) = (cache(), cache(), cache(), cache());
    spawnable(async move { first.token().await.map(drop) });
    spawnable(async move { second.token_with_min_ttl(Duration::from_secs(1)).await.map(drop) });
    spawnable(async move { third.warm_up().await });
    spawnable(async move { fourth.shutdown(Shutdown::default()).await });
}

#[test]
fn the_futures_of_a_pool_can_be_spawned() {
    let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("t")?))).build();
    let channel = ChannelId::new("1").unwrap();
    let of_channel = || (pool.clone(), channel.clone());
    let ((first, a), (second, b), (third, c), (fourth, d)) = (of_channel(), of_channel(), of_channel(), of_channel());
    spawnable(async move { first.token(&a).await.map(drop) });
    spawnable(async move { second.token_with_min_ttl(&b, Duration::from_secs(1)).await.map(drop) });
    spawnable(async move { third.warm_up(&c).await });
    spawnable(async move { fourth.remove_and_revoke(&d, Duration::from_secs(1)).await });
    spawnable(async move { pool.shutdown(Shutdown::within(Duration::from_secs(1)).revoking_current()).await });
}

#[test]
fn a_source_is_written_with_the_facade_alone() {
    /// Passes everything on.
    #[derive(Debug)]
    struct Around<S>(S);

    #[async_trait]
    impl<S: TokenSource> TokenSource for Around<S> {
        fn policy(&self) -> SourcePolicy {
            self.0.policy()
        }

        async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
            self.0.issue(request).await
        }

        async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
            self.0.retire(token, reason).await
        }
    }

    let tokens = TokenCache::new(Around(StaticSource::new(AccessToken::new("t").unwrap())));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(tokens.token()).unwrap().access_token().expose_secret(), "t");
}

#[test]
fn a_lookup_is_a_closure_and_its_source_a_token_source() {
    fn source<S: TokenSource>(_: S) {}
    let lookup = async |_: ChannelId| ChannelSecret::new("s").map(Credentials::from);
    source(LookupSource::short_lived(MockBackend::new().client(), ChannelId::new("1").unwrap(), move |channel| {
        Box::pin(lookup(channel))
    }));
}

#[test]
fn errors_are_errors_of_the_standard_library() {
    fn error<T: StdError + Send + Sync + 'static>() {}
    error::<Error>();
    error::<VerificationReport>();
}

#[test]
fn a_failure_through_a_client_shows_its_cause() {
    let line = MockBackend::new();
    line.given(Operation::Issue).respond(Reply::timeout());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s").unwrap());
    let error = runtime.block_on(line.client().issue(&id, &secret)).unwrap_err();
    assert!(error.to_string().starts_with("issue: the deadline passed: scripted by the mock"), "{error}");
}

#[test]
fn the_emulators_settings_can_be_named() {
    let channel = EmulatedChannel::new("1", "s").unwrap();
    let emulator = Emulator::builder().channel(channel).rate_limits(RateLimits::off()).build().unwrap();
    assert_eq!(emulator.live_tokens(&ChannelId::new("1").unwrap(), TokenFamily::Jwt), 0);
}
