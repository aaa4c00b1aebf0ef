//! Bounds of a pool that hold, and what is remembered beyond them.

use futures_util::FutureExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use line_channel_token_cache::{Event, IssueBudget, Retired, SourcePolicy, TokenPool};
use line_channel_token_core::{ChannelId, Error};
use line_channel_token_mock::ManualClock;

use crate::support::{Act, DAY, MINUTE, Source, id, pool, settle};

#[tokio::test]
async fn busy_channels_respect_the_bound() {
    for max in [1, 10, 1000] {
        let clock = ManualClock::new();
        let pool = pool(&clock, max, 64, |_| {
            let source = Source::quick();
            source.act(Act::Hang);
            Arc::new(source)
        });
        let mut calls = Vec::new();
        for channel in 0..max + 200 {
            let pool = pool.clone();
            let mut call = Box::pin(async move { pool.token(&id(channel)).await.map(drop) });
            assert!((&mut call).now_or_never().is_none());
            calls.push(call);
        }
        assert_eq!(pool.len(), max);
    }
}

#[tokio::test]
async fn a_channel_in_use_is_not_evicted() {
    let clock = ManualClock::new();
    let pool = pool(&clock, 100, 64, |_| Arc::new(Source::quick()));
    let favourite = id(999_999);
    let token = pool.token(&favourite).await.unwrap();
    for channel in 0..5000 {
        pool.token(&id(channel)).await.unwrap();
        clock.advance(std::time::Duration::from_millis(110));
        if channel % 50 == 0 {
            assert!(pool.with_token(&favourite, |_| ()).is_some(), "{channel}");
        }
    }
    assert!(pool.len() == 100 && !token.access_token().expose_secret().is_empty());
}

#[tokio::test]
async fn an_exhausted_budget_is_reported_once() {
    let (clock, reported) = (ManualClock::new(), Arc::new(AtomicUsize::new(0)));
    let count = reported.clone();
    let make = |_: &ChannelId| {
        let policy = SourcePolicy::new().with_budget(IssueBudget::new(2, 30 * DAY).unwrap());
        Ok::<_, Error>(Arc::new(Source { lifetime: 30 * DAY, retires: Retired::LeftToExpire, ..Source::new(policy) }))
    };
    let pool = TokenPool::builder(make).clock(Arc::new(clock.clone())).max_capacity(1);
    let pool = pool
        .on_event(move |_, event| {
            if matches!(event, Event::BudgetExhausted { .. }) {
                count.fetch_add(1, SeqCst);
            }
        })
        .build();
    for _ in 0..2 {
        for channel in [1, 2] {
            pool.token(&id(channel)).await.unwrap();
        }
        clock.advance(2 * MINUTE);
    }
    for _ in 0..1000 {
        for channel in [1, 2] {
            let _ = pool.token(&id(channel)).await;
        }
    }
    settle().await;
    assert_eq!(reported.load(SeqCst), 2, "once for each channel");
}

#[tokio::test]
async fn a_small_pool_respects_the_backoff() {
    let (clock, calls) = (ManualClock::new(), Arc::new(AtomicUsize::new(0)));
    let count = calls.clone();
    let pool = pool(&clock, 10, 64, move |_| {
        count.fetch_add(1, SeqCst);
        let source = Source::quick();
        source.act(Act::Fail(Error::signing("no key")));
        Arc::new(source)
    });
    let mut told = 0;
    for _ in 0..20 {
        let callers: Vec<_> = (0..30)
            .map(|channel| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) })
            })
            .collect();
        for caller in callers {
            told += usize::from(caller.await.unwrap().is_err());
        }
    }
    assert_eq!(told, 600, "every caller gets the error");
    assert!(calls.load(SeqCst) <= 600, "{} sources for 600 calls", calls.load(SeqCst));
}
