//! Channels that are removed, also in the middle of a call.

use futures_util::FutureExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{RetireReason, TokenPool};
use line_channel_token_mock::ManualClock;

use crate::support::{Act, SECOND, Source, id, pass, pool, settle};

/// A pool of sources that `make` makes, given how many there are so far, and the sources.
fn pool_and_sources(
    clock: &ManualClock,
    max_capacity: usize,
    make: impl Fn(usize) -> Source + Send + Sync + 'static,
) -> (TokenPool, Arc<Mutex<Vec<Arc<Source>>>>) {
    let sources = Arc::new(Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(clock, max_capacity, 8, move |_| {
        let mut made = made.lock().unwrap();
        let source = Arc::new(make(made.len()));
        made.push(source.clone());
        source
    });
    (pool, sources)
}

/// With room for all channels, and sources whose calls wait at gates and whose tokens tell whose they are.
fn gated_pool(clock: &ManualClock) -> (TokenPool, Arc<Mutex<Vec<Arc<Source>>>>) {
    pool_and_sources(clock, 100, |nth| Source { name: format!("token-of-{nth}"), ..Source::quick().gated() })
}

fn ask(pool: &TokenPool) -> tokio::task::JoinHandle<String> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.token(&id(1)).await.unwrap().access_token().expose_secret().to_owned() })
}

#[tokio::test]
async fn every_late_token_is_revoked() {
    let clock = ManualClock::new();
    let (pool, sources) = gated_pool(&clock);
    let mut callers = Vec::new();
    for _ in 0..3 {
        callers.push(ask(&pool));
        settle().await;
        assert!(pool.remove(&id(1)));
        settle().await;
    }
    // A waiter asks the channel's next source then.
    for _ in 0..5 {
        sources.lock().unwrap().iter().for_each(|source| source.open_gate());
        pass(&clock, SECOND).await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let sources = sources.lock().unwrap().clone();
    assert_eq!(sources.len(), 4);
    // By their own sources or by the channel's next one, and the channel's present token is left alone.
    let mut retired: Vec<_> = sources.iter().flat_map(|source| source.retired()).collect();
    retired.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [0, 1, 2].map(|nth| (format!("token-of-{nth}-1"), RetireReason::Removed));
    assert_eq!(retired, expected);
}

#[tokio::test]
async fn remove_and_revoke_waits_for_the_call() {
    let clock = ManualClock::new();
    let (pool, sources) = gated_pool(&clock);
    let call = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.token(&id(1)).await.map(drop) })
    };
    settle().await;
    let removal = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.remove_and_revoke(&id(1), 20 * SECOND).await })
    };
    settle().await;
    assert!(!removal.is_finished());
    call.abort();
    let source = sources.lock().unwrap()[0].clone();
    source.open_gate();
    let report = removal.await.unwrap().unwrap();
    assert!(report.is_complete() && report.revoked == 1, "{report:?}");
    assert_eq!(source.retired(), [("token-of-0-1".to_owned(), RetireReason::Removed)]);
    assert!(pool.remove_and_revoke(&id(1), SECOND).await.is_none(), "there is nothing left");
}

#[tokio::test]
async fn remove_and_revoke_revokes_once() {
    let clock = ManualClock::new();
    let source = Arc::new(Source::quick());
    let shared = source.clone();
    let pool = pool(&clock, 10, 8, move |_| shared.clone());
    pool.token(&id(1)).await.unwrap();
    let report = pool.remove_and_revoke(&id(1), 5 * SECOND).await.unwrap();
    assert_eq!((report.revoked, report.is_complete()), (1, true));
    pass(&clock, 10 * SECOND).await;
    assert_eq!(source.retired(), [("token-1".to_owned(), RetireReason::Removed)]);
}

#[tokio::test]
async fn a_hanging_revocation_is_reported_unfinished() {
    let clock = ManualClock::new();
    let source = Arc::new(Source::quick());
    let shared = source.clone();
    let pool = pool(&clock, 10, 8, move |_| shared.clone());
    pool.token(&id(1)).await.unwrap();
    *source.retiring_hangs.lock().unwrap() = true;
    let removal = tokio::spawn(async move { pool.remove_and_revoke(&id(1), 5 * SECOND).await.unwrap() });
    settle().await;
    pass(&clock, 5 * SECOND).await;
    assert!(removal.is_finished());
    let report = removal.await.unwrap();
    assert!(!report.is_complete() && report.unfinished == 1, "{report:?}");
}

#[tokio::test]
async fn an_eviction_lets_the_call_end() {
    let clock = ManualClock::new();
    let (pool, sources) = pool_and_sources(&clock, 1, |_| Source::quick().gated());
    let first = ask(&pool);
    settle().await;
    let other = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.token(&id(2)).await.map(drop) })
    };
    settle().await;
    assert_eq!(pool.len(), 1);
    let sources = sources.lock().unwrap().clone();
    sources.iter().for_each(|source| source.open_gate());
    assert_eq!(first.await.unwrap(), "token-1");
    other.await.unwrap().unwrap();
    assert_eq!(sources[0].calls(), 1);
}

#[tokio::test]
async fn a_hanging_source_keeps_no_removed_channel() {
    let clock = ManualClock::new();
    let sources = Arc::new(Mutex::new(Vec::new()));
    let made = sources.clone();
    let pool = pool(&clock, 10_000, 64, move |_| {
        let source = Arc::new(Source::quick());
        source.act(Act::Hang);
        made.lock().unwrap().push(Arc::downgrade(&source));
        source
    });
    for channel in 0..2000 {
        let channel = id(channel);
        let mut call = Box::pin(pool.token(&channel));
        assert!((&mut call).now_or_never().is_none());
        pool.remove(&channel);
    }
    pass(&clock, Duration::from_secs(130)).await;
    let alive = sources.lock().unwrap().iter().filter(|source| source.strong_count() > 0).count();
    assert!(alive <= 1100, "{alive} sources of 2000 removed channels are alive");
}

#[tokio::test]
async fn a_returning_channel_joins_its_call() {
    let clock = ManualClock::new();
    let (pool, sources) = pool_and_sources(&clock, 1, |_| Source::quick().gated());
    let first = ask(&pool);
    settle().await;
    let mut other = Box::pin(async { pool.token(&id(2)).await.map(drop) });
    assert!((&mut other).now_or_never().is_none(), "it takes the only slot");
    let again = ask(&pool);
    settle().await;
    sources.lock().unwrap().iter().for_each(|source| source.open_gate());
    assert_eq!((first.await.unwrap(), again.await.unwrap()), ("token-1".to_owned(), "token-1".to_owned()));
    other.await.unwrap();
    let calls: Vec<usize> = sources.lock().unwrap().iter().map(|source| source.calls()).collect();
    assert_eq!(calls, [1, 1, 0], "one for each channel");
}
