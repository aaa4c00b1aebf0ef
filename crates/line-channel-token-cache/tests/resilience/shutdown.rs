//! Shutdowns that are bounded, revoke on request, and say what they left undone.

use std::sync::{Arc, Mutex};

use line_channel_token_cache::{RetireReason, Shutdown, SourcePolicy, TokenPool};
use line_channel_token_core::Clock;
use line_channel_token_mock::ManualClock;

use crate::support::{Act, SECOND, Source, id, pass, pool, settle};

#[tokio::test]
async fn a_shutdown_revokes_current_only_if_asked() {
    for revokes in [false, true] {
        let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
        let cache = source.cache(&clock);
        cache.token().await.unwrap();
        let how = Shutdown::within(10 * SECOND);
        let report = cache.shutdown(if revokes { how.revoking_current() } else { how }).await;
        assert!(report.is_complete());
        assert_eq!(report.revoked, usize::from(revokes));
        assert_eq!(source.retired().len(), usize::from(revokes));
        assert_eq!(cache.token().await.is_ok(), !revokes, "a revoked token is not served");
        assert_eq!(source.calls(), 1);
    }
}

#[tokio::test]
async fn a_token_after_the_shutdown_is_revoked() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick().gated()));
    let cache = source.cache(&clock);
    let caller = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.token().await.map(drop) })
    };
    settle().await;
    let shutdown = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.shutdown(Shutdown::within(5 * SECOND).revoking_current()).await })
    };
    settle().await;
    pass(&clock, 5 * SECOND).await;
    let report = shutdown.await.unwrap();
    assert_eq!((report.calls_in_flight, report.is_complete()), (1, false));
    source.open_gate();
    assert!(caller.await.unwrap().unwrap_err().to_string().contains("shut down"));
    pass(&clock, SECOND).await;
    assert_eq!(source.retired(), [("token-1".to_owned(), RetireReason::Shutdown)]);
}

/// A pool with a token for each channel, and its sources.
async fn warm_pool(clock: &ManualClock, channels: usize) -> (TokenPool, Vec<Arc<Source>>) {
    let sources = Arc::new(Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(clock, 100_000, 64, move |_| {
        let policy = SourcePolicy::new().with_min_interval(SECOND).with_revoke_previous_after(600 * SECOND);
        let source = Arc::new(Source::new(policy));
        made.lock().unwrap().push(source.clone());
        source
    });
    for channel in 0..channels {
        pool.token(&id(channel)).await.unwrap();
    }
    let sources = sources.lock().unwrap().clone();
    (pool, sources)
}

#[tokio::test]
async fn hanging_revocations_delay_no_shutdown() {
    for channels in [64, 1280] {
        let clock = ManualClock::new();
        let (pool, sources) = warm_pool(&clock, channels).await;
        sources.iter().for_each(|source| *source.retiring_hangs.lock().unwrap() = true);
        let start = clock.now();
        let shutdown =
            tokio::spawn(async move { pool.shutdown(Shutdown::within(20 * SECOND).revoking_current()).await });
        settle().await;
        while !shutdown.is_finished() {
            pass(&clock, SECOND).await;
            assert!(clock.now().since(start) <= 21 * SECOND, "{channels} channels");
        }
        let report = shutdown.await.unwrap();
        assert_eq!((report.revoked, report.unfinished), (0, channels));
    }
}

#[tokio::test]
async fn hanging_revocations_block_no_others() {
    let clock = ManualClock::new();
    let (pool, sources) = warm_pool(&clock, 1000).await;
    sources[..100].iter().for_each(|source| *source.retiring_hangs.lock().unwrap() = true);
    let shutdown = tokio::spawn(async move { pool.shutdown(Shutdown::within(20 * SECOND).revoking_current()).await });
    settle().await;
    for _ in 0..20 {
        pass(&clock, SECOND).await;
    }
    let report = shutdown.await.unwrap();
    assert_eq!((report.revoked, report.unfinished), (900, 100));
}

#[tokio::test]
async fn an_idle_pool_shuts_down_at_once() {
    let clock = ManualClock::new();
    let (pool, sources) = warm_pool(&clock, 10).await;
    sources[0].act(Act::Hang);
    let report = pool.shutdown(Shutdown::default()).await;
    assert!(report.is_complete(), "nothing waits to be revoked: {report:?}");
    assert!(pool.token(&id(3)).await.is_ok(), "valid tokens are served until they expire");
}

#[tokio::test]
async fn a_hanging_call_blocks_no_revocation() {
    let clock = ManualClock::new();
    let policy = SourcePolicy::new().with_min_interval(SECOND).with_revoke_previous_after(600 * SECOND);
    let source = Arc::new(Source::new(policy));
    let cache = source.cache(&clock);
    cache.token().await.unwrap();
    source.act(Act::Hang);
    clock.advance(800 * SECOND);
    cache.token().await.unwrap();
    settle().await;
    let shutdown = tokio::spawn({
        let cache = cache.clone();
        async move { cache.shutdown(Shutdown::within(20 * SECOND).revoking_current()).await }
    });
    settle().await;
    assert_eq!(source.retired().len(), 1, "at once");
    for _ in 0..20 {
        pass(&clock, SECOND).await;
    }
    let report = shutdown.await.unwrap();
    assert_eq!((report.revoked, report.calls_in_flight, report.unfinished), (1, 1, 0));
}
