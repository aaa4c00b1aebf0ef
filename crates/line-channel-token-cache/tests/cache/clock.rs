//! Which clock a cache uses: that of its builder, that of its source, or the machine's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{IssueRequest, Issued, NewToken, SourcePolicy, TokenCache, TokenPool, TokenSource};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, SystemClock};
use line_channel_token_mock::ManualClock;

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
