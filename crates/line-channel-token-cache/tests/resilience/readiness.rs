//! Warming up, and whether requests can be served.

use futures_util::FutureExt;
use std::sync::Arc;

use line_channel_token_cache::{CacheState, RefreshAhead, TokenCache};
use line_channel_token_core::Error;
use line_channel_token_mock::ManualClock;

use crate::support::{Act, MINUTE, SECOND, Source, id, pass, pool, settle};

#[tokio::test]
async fn warming_up_retries_until_it_succeeds() {
    for in_background in [false, true] {
        let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
        source.act(Act::Fail(Error::transient("LINE is down")));
        let cache = source.cache(&clock);
        pass(&clock, MINUTE).await;
        assert_eq!((source.calls(), cache.status().is_ready()), (0, false));
        if in_background {
            cache.warm_up_in_background();
        } else {
            assert!(cache.warm_up().await.is_err(), "the program learns why, and may go on");
        }
        pass(&clock, 5 * MINUTE).await;
        assert!((4..=20).contains(&source.calls()), "{} calls", source.calls());
        assert!(!cache.status().is_ready());
        source.act(Act::Issue);
        pass(&clock, MINUTE).await;
        let status = cache.status();
        assert!(status.is_ready() && status.state == CacheState::Fresh, "nobody asked for a token: {status:?}");
    }
}

#[tokio::test]
async fn a_cancelled_warm_up_goes_on() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick().gated()));
    let cache = source.cache(&clock);
    {
        let mut warm_up = Box::pin(cache.warm_up());
        assert!((&mut warm_up).now_or_never().is_none());
    }
    source.open_gate();
    settle().await;
    assert!(cache.status().is_ready());
}

#[tokio::test]
async fn always_recovers_from_an_outage() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::Always);
    let cache = builder.clock(Arc::new(clock.clone())).build();
    cache.warm_up().await.unwrap();
    source.act(Act::Fail(Error::signing("a key is missing")));
    pass(&clock, 60 * MINUTE).await;
    assert!(!cache.status().is_ready());
    source.act(Act::Issue);
    pass(&clock, 10 * MINUTE).await;
    assert!(cache.status().is_ready());
    let token = cache.token().await.unwrap();
    cache.invalidate(&token);
    pass(&clock, 2 * SECOND).await;
    assert!(cache.status().is_ready(), "a refused token is replaced too");
}

#[tokio::test]
async fn channels_of_a_pool_are_warmed_up_likewise() {
    let clock = ManualClock::new();
    let source = Arc::new(Source::quick());
    source.act(Act::Fail(Error::transient("LINE is down")));
    let shared = source.clone();
    let pool = pool(&clock, 10, 8, move |_| shared.clone());
    assert!(pool.warm_up(&id(1)).await.is_err());
    pool.warm_up_in_background(&id(2)).unwrap();
    source.act(Act::Issue);
    pass(&clock, 3 * SECOND).await;
    for channel in [1, 2] {
        assert!(pool.status(&id(channel)).unwrap().is_ready());
    }
}

#[tokio::test]
async fn an_idle_cache_is_ready() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let cache = source.cache(&clock);
    cache.warm_up().await.unwrap();
    cache.token().await.unwrap();
    pass(&clock, 60 * MINUTE).await;
    let status = cache.status();
    assert!(status.is_ready() && status.state == CacheState::Expired, "the next request gets a token: {status:?}");
    source.act(Act::Fail(Error::signing("a key is missing")));
    assert!(cache.token().await.is_err());
    assert!(!cache.status().is_ready());
    source.act(Act::Issue);
    // A service that is not ready gets no requests.
    pass(&clock, 10 * MINUTE).await;
    assert!(cache.status().is_ready());
    let report = cache.shutdown(line_channel_token_cache::Shutdown::default().revoking_current()).await;
    assert!(report.is_complete() && !cache.status().is_ready());
}

#[tokio::test]
async fn a_slow_call_is_not_ready() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let cache = source.cache(&clock);
    cache.token().await.unwrap();
    clock.advance(901 * SECOND);
    source.act(Act::Hang);
    assert!(cache.status().is_ready());
    let waiting = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(drop) }
    });
    settle().await;
    pass(&clock, 6 * SECOND).await;
    assert!(!waiting.is_finished() && !cache.status().is_ready());
}

#[tokio::test]
async fn a_warmed_up_cache_recovers_by_itself() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::OnRead);
    let cache = builder.clock(Arc::new(clock.clone())).build();
    cache.warm_up().await.unwrap();
    clock.advance(800 * SECOND);
    source.act(Act::Fail(Error::signing("a key is missing")));
    cache.token().await.unwrap();
    settle().await;
    source.act(Act::Issue);
    pass(&clock, 105 * SECOND).await;
    assert!(cache.status().state.is_valid(), "about a second after its end: {:?}", cache.status());
}
