//! Which clock a cache uses: that of its builder, that of its source, or the machine's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    Credentials, IssueRequest, Issued, JwtSource, LookupSource, NewToken, SourcePolicy, StatelessSource, TokenCache,
    TokenPool, TokenSource,
};
use line_channel_token_core::{
    AccessToken, AssertionKid, AssertionSource, ChannelId, Client, Clock, Error, ErrorKind, Operation, SystemClock,
    TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, ManualClock, MockBackend, Reply, matchers};

use crate::support::SECOND;

const LIFETIME: Duration = Duration::from_secs(900);

/// Counts its tokens, whose moments are of its own clock, like those of a client.
#[derive(Debug)]
struct ClockedSource(ManualClock);

#[async_trait]
impl TokenSource for ClockedSource {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(SECOND).with_clock(Arc::new(self.0.clone()))
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        Ok(NewToken::new(AccessToken::new("the-token")?, self.0.now(), LIFETIME).into())
    }
}

/// A source around another, which passes the policy on.
#[derive(Debug)]
struct Wrapped(ClockedSource);

#[async_trait]
impl TokenSource for Wrapped {
    fn policy(&self) -> SourcePolicy {
        self.0.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.0.issue(request).await
    }
}

/// What the token has left after this much time on a clock.
async fn left_after(cache: &TokenCache, clock: &ManualClock, time: Duration) -> Duration {
    cache.warm_up().await.unwrap();
    clock.advance(time);
    cache.status().remaining
}

#[tokio::test]
async fn a_cache_uses_the_clock_of_its_source() {
    let clock = ManualClock::new();
    let cache = TokenCache::new(ClockedSource(clock.clone()));
    assert_eq!(left_after(&cache, &clock, 100 * SECOND).await, 800 * SECOND);
}

#[tokio::test]
async fn a_wrapped_source_passes_its_clock_on() {
    let clock = ManualClock::new();
    let cache = TokenCache::new(Wrapped(ClockedSource(clock.clone())));
    assert_eq!(left_after(&cache, &clock, 100 * SECOND).await, 800 * SECOND);
    let shared = TokenCache::new(Arc::new(ClockedSource(clock.clone())));
    assert_eq!(left_after(&shared, &clock, 100 * SECOND).await, 800 * SECOND);
}

#[tokio::test]
async fn the_clock_of_the_builder_comes_first() {
    let builders = ManualClock::new();
    let sources = ManualClock::new();
    builders.advance(SECOND);
    sources.advance(SECOND);
    let cache = TokenCache::builder(ClockedSource(sources.clone())).clock(Arc::new(builders.clone())).build();
    assert_eq!(left_after(&cache, &sources, 100 * SECOND).await, LIFETIME, "the source's clock does not count");
    assert_eq!(left_after(&cache, &builders, 100 * SECOND).await, 800 * SECOND);
}

#[tokio::test]
async fn without_any_clock_it_is_the_machines() {
    #[derive(Debug)]
    struct ReadsRequest;

    #[async_trait]
    impl TokenSource for ReadsRequest {
        async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
            let now = request.clock().now();
            assert!(SystemClock.now().since(now) < 60 * SECOND, "{now:?}");
            Ok(NewToken::new(AccessToken::new("the-token")?, now, LIFETIME).into())
        }
    }

    assert!(ReadsRequest.policy().clock().is_none());
    TokenCache::new(ReadsRequest).warm_up().await.unwrap();
}

#[tokio::test]
async fn a_pool_keeps_its_own_clock() {
    let clock = ManualClock::new();
    let of_source = ManualClock::new();
    let sources = of_source.clone();
    let pool =
        TokenPool::builder(move |_: &ChannelId| Ok(ClockedSource(sources.clone()))).clock(Arc::new(clock.clone()));
    let pool = pool.build();
    let channel = ChannelId::new("1234567890").unwrap();
    pool.warm_up(&channel).await.unwrap();
    of_source.advance(100 * SECOND);
    assert_eq!(pool.status(&channel).unwrap().remaining, LIFETIME);
    clock.advance(100 * SECOND);
    assert_eq!(pool.status(&channel).unwrap().remaining, 800 * SECOND);
}

#[test]
fn policies_are_equal_if_their_clock_is_one() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let policy = || SourcePolicy::new().with_clock(clock.clone());
    assert_eq!(policy(), policy());
    assert_ne!(policy(), SourcePolicy::new());
    assert_ne!(policy(), SourcePolicy::new().with_clock(Arc::new(ManualClock::new())));
    assert!(policy().clock().is_some_and(|of_policy| Arc::ptr_eq(of_policy, &clock)));
}

fn signer(kid: &str) -> FakeSigner {
    FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new(kid).unwrap())
}

/// The `exp` of the last assertion, in seconds from the present moment of this clock.
fn last_exp(line: &MockBackend, clock: &ManualClock) -> u64 {
    let requests = line.received_requests();
    let exp: u64 = requests.last().unwrap().assertion_claim("exp").unwrap().parse().unwrap();
    exp - clock.now().unix.as_secs()
}

#[tokio::test]
async fn signers_take_the_clock_of_the_client() {
    let line = MockBackend::new();
    line.given(Operation::IssueJwt).and(matchers::kid("former")).respond(Reply::unknown_assertion_key());
    line.given(Operation::IssueJwt).respond(Reply::jwt_token("the-token", "key-id"));
    line.given(Operation::IssueStatelessWithJwt).respond(Reply::stateless_token("the-token"));
    let lookup = |_| async { Ok(Credentials::from_signer(signer("kid"))) };
    let id = ChannelId::new("1234567890").unwrap();
    let lifetime = TokenLifetime::MAX;
    let with_fallback = JwtSource::new(line.client(), signer("former"), lifetime).with_fallback_signer(signer("next"));
    let caches = [
        TokenCache::new(JwtSource::new(line.client(), signer("kid"), lifetime)),
        TokenCache::new(with_fallback.unwrap()),
        TokenCache::new(StatelessSource::new(line.client(), signer("kid"))),
        TokenCache::new(LookupSource::jwt(line.client(), id.clone(), lifetime, lookup)),
        TokenCache::new(LookupSource::stateless(line.client(), id, lookup)),
    ];
    for (number, cache) in caches.into_iter().enumerate() {
        cache.token().await.unwrap();
        assert_eq!(last_exp(&line, line.clock()), 300, "source {number}");
        line.clock().advance(SECOND);
    }
}

#[tokio::test]
async fn a_signer_keeps_a_clock_of_its_own() {
    let line = MockBackend::new();
    line.given(Operation::IssueJwt).respond(Reply::jwt_token("the-token", "key-id"));
    let own = ManualClock::new();
    own.advance(3600 * SECOND);
    let signer = signer("kid").with_clock(Arc::new(own.clone()));
    TokenCache::new(JwtSource::new(line.client(), signer, TokenLifetime::MAX)).token().await.unwrap();
    assert_eq!(last_exp(&line, &own), 300);
}

#[tokio::test]
async fn a_pool_refuses_sources_on_another_clock() {
    let line = MockBackend::new();
    line.given(Operation::IssueStatelessWithJwt).respond(Reply::stateless_token("the-token"));
    line.clock().advance(3600 * SECOND);
    let id = ChannelId::new("1234567890").unwrap();
    let client = line.client();
    let source = move |_: &ChannelId| Ok(StatelessSource::new(client.clone(), signer("kid")));

    let on_the_machines = TokenPool::builder(source.clone()).build();
    let error = on_the_machines.token(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("clock(client.clock())"), "{error}");
    let pool = TokenPool::builder(source).clock(line.client().clock()).build();
    assert_eq!(pool.token(&id).await.unwrap().header_value(), "Bearer the-token");
}

#[tokio::test]
async fn a_shared_signer_takes_the_clock_of_each_client() {
    let line = MockBackend::new();
    line.given(Operation::IssueStatelessWithJwt).respond(Reply::stateless_token("the-token"));
    let shared: Arc<dyn AssertionSource> = Arc::new(signer("kid"));
    let held = Credentials::from_signer(Arc::clone(&shared));
    let lookup = move |_| {
        let held = held.clone();
        async { Ok(held) }
    };
    let id = ChannelId::new("1234567890").unwrap();
    for cache in [
        TokenCache::new(StatelessSource::new(line.client(), shared)),
        TokenCache::new(LookupSource::stateless(line.client(), id, lookup)),
    ] {
        line.clock().advance(7200 * SECOND);
        cache.token().await.unwrap();
        assert_eq!(last_exp(&line, line.clock()), 300);
    }
}

#[test]
fn the_policy_of_a_source_equals_itself() {
    let client = Client::new(MockBackend::new());
    let source = StatelessSource::new(client, signer("kid"));
    assert_eq!(source.policy(), source.policy());
}
