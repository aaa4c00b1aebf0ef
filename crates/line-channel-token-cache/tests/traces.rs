//! What goes to `tracing`: levels, the channel, and no secret.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{JwtSource, Shutdown, TokenCache};
use line_channel_token_core::{AssertionKid, ChannelId, ChannelSecret, Operation, TokenLifetime};
use line_channel_token_mock::{FakeSigner, ManualClock, MockBackend, Reply};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn events_have_levels_and_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .without_time()
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let line = MockBackend::from_clock(ManualClock::new());
    let issues = Reply::server_error()
        .then(Reply::jwt_token("the-first-token", "key-1"))
        .then(Reply::server_error())
        .then(Reply::jwt_token("the-second-token", "key-2"));
    line.given(Operation::IssueJwt).respond(issues);
    line.given(Operation::RevokeJwt).respond(Reply::rate_limited().then(Reply::revoked()));
    let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new("kid").unwrap());
    let client = line.client_builder().retry(line_channel_token_core::RetryPolicy::never()).build();
    let source = JwtSource::new(client, signer, TokenLifetime::from_days(30).unwrap())
        .revoke_previous_after(ChannelSecret::new("the-channel-secret").unwrap(), Duration::from_secs(60));
    let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();

    assert!(cache.token().await.is_err());
    for _ in 0..30 * 24 {
        line.clock().advance(Duration::from_secs(3600));
        let _ = cache.token().await;
        settle().await;
    }
    cache.invalidate(&cache.token().await.unwrap());
    cache.shutdown(Shutdown::default()).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in [
        "ERROR issue_channel_access_token{channel_id=\"1234567890\"}: line_channel_token_cache: no channel access token",
        " INFO issue_channel_access_token{channel_id=\"1234567890\"}: line_channel_token_cache: channel access token issued",
        " WARN issue_channel_access_token{channel_id=\"1234567890\"}: line_channel_token_cache: channel access token not refreshed",
        " INFO issue_channel_access_token{channel_id=\"1234567890\"}: line_channel_token_cache: channel access token refreshed",
        " WARN revoke_channel_access_tokens{channel_id=\"1234567890\"}: line_channel_token_cache: channel access token not revoked channel_id=\"1234567890\"",
        " INFO revoke_channel_access_tokens{channel_id=\"1234567890\"}: line_channel_token_cache: channel access token revoked channel_id=\"1234567890\" key_id=\"key-1\"",
        " WARN line_channel_token_cache: channel access token refused by a server",
    ] {
        assert!(log.contains(line), "{line}\nis missing from\n{log}");
    }
    assert_eq!(
        log.matches("issue_channel_access_token{channel_id=\"1234567890\"}: line_channel_token_cache: close").count(),
        4
    );
    for secret in ["the-first-token", "the-second-token", "the-channel-secret", "eyJ"] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
}

/// Calls the cache whenever a span begins, as a layer that adds its state may.
struct Watching(Arc<Mutex<Option<TokenCache>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Watching {
    fn on_new_span(
        &self,
        _: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        let cache = self.0.lock().unwrap().clone();
        if let Some(cache) = cache {
            let _ = cache.status();
        }
    }
}

#[tokio::test]
async fn a_subscriber_may_read_the_cache() {
    use tracing_subscriber::layer::SubscriberExt;

    let watched = Arc::new(Mutex::new(None));
    let subscriber = tracing_subscriber::registry().with(Watching(watched.clone()));
    let _guard = tracing::subscriber::set_default(subscriber);
    let line = MockBackend::from_clock(ManualClock::new());
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("t"));
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let source = line_channel_token_cache::StatelessSource::from_secret(line.client(), id, secret);
    let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();
    *watched.lock().unwrap() = Some(cache.clone());
    assert!(cache.token().await.is_ok());
}
