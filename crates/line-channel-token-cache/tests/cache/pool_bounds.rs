//! What a pool bounds: channels, and calls at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    IssueBudget, IssueRequest, Issued, NewToken, SourcePolicy, StaticSource, TokenPool, TokenSource,
};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, ErrorKind};
use line_channel_token_mock::ManualClock;

use crate::pool::{Sources, id};
use crate::support::{SECOND, settle};

#[tokio::test]
async fn unused_channels_are_evicted_first() {
    let sources = Sources::new();
    let pool = sources.pool(3);
    for channel in [1, 2, 3, 1, 4] {
        pool.token(&id(channel)).await.unwrap();
        sources.clock.advance(SECOND);
    }
    assert_eq!(pool.len(), 3);
    assert!(pool.status(&id(2)).is_none(), "1 was used since");
    for channel in [1, 3, 4] {
        assert!(pool.status(&id(channel)).is_some(), "{channel}");
    }
    pool.token(&id(2)).await.unwrap();
    assert_eq!((sources.made(2), sources.made(1)), (2, 1));
}

#[tokio::test]
async fn a_borrow_counts_as_a_use() {
    let sources = Sources::new();
    let pool = sources.pool(2);
    for channel in [1, 2] {
        pool.token(&id(channel)).await.unwrap();
        sources.clock.advance(SECOND);
    }
    pool.with_token(&id(1), |_| ()).unwrap();
    sources.clock.advance(SECOND);
    pool.token(&id(3)).await.unwrap();
    assert!(pool.status(&id(1)).is_some() && pool.status(&id(2)).is_none());
}

#[tokio::test]
async fn a_removed_channel_gets_a_new_source() {
    let sources = Sources::new();
    let pool = sources.pool(10);
    pool.token(&id(1)).await.unwrap();
    assert!(pool.remove(&id(1)) && !pool.remove(&id(1)));
    assert!(pool.is_empty());
    pool.token(&id(1)).await.unwrap();
    assert_eq!(sources.made(1), 2);
}

/// A source with a budget, and one that takes its time and counts how many calls there are at once.
#[derive(Debug)]
struct Slow {
    clock: ManualClock,
    lifetime: Duration,
    takes: Duration,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    order: Arc<Mutex<Vec<ChannelId>>>,
    channel: ChannelId,
}

#[async_trait]
impl TokenSource for Slow {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_budget(IssueBudget::new(3, self.lifetime).unwrap())
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = self.clock.now();
        self.order.lock().unwrap().push(self.channel.clone());
        self.most_at_once.fetch_max(self.at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        if !self.takes.is_zero() {
            self.clock.sleep(self.takes).await;
        }
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        Ok(NewToken::new(AccessToken::new("t")?, sent_at, self.lifetime).into())
    }
}

struct Scene {
    clock: ManualClock,
    pool: TokenPool,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    order: Arc<Mutex<Vec<ChannelId>>>,
}

impl Scene {
    fn new(max_capacity: usize, max_concurrent_issues: usize, takes: Duration) -> Self {
        let clock = ManualClock::new();
        let (at_once, most_at_once, order) = (Arc::default(), Arc::default(), Arc::default());
        let (time, now, most, log) =
            (clock.clone(), Arc::clone(&at_once), Arc::clone(&most_at_once), Arc::clone(&order));
        let pool = TokenPool::builder(move |channel: &ChannelId| {
            Ok(Slow {
                clock: time.clone(),
                lifetime: 900 * SECOND,
                takes,
                at_once: Arc::clone(&now),
                most_at_once: Arc::clone(&most),
                order: Arc::clone(&log),
                channel: channel.clone(),
            })
        });
        let pool = pool
            .clock(Arc::new(clock.clone()))
            .max_capacity(max_capacity)
            .max_concurrent_issues(max_concurrent_issues)
            .build();
        Self { clock, pool, at_once, most_at_once, order }
    }
}

#[tokio::test]
async fn an_evicted_channel_keeps_its_budget() {
    let Scene { clock, pool, order, .. } = Scene::new(1, 8, Duration::ZERO);
    let mut refused = None;
    for _ in 0..8 {
        for channel in [1, 2] {
            if let Err(error) = pool.token(&id(channel)).await {
                refused = Some(error);
            }
            clock.advance(61 * SECOND);
        }
    }
    let issues = order.lock().unwrap().iter().filter(|channel| **channel == id(1)).count();
    // Three are its budget. The fourth came after ten minutes, which are long enough without a token.
    assert_eq!(issues, 4);
    assert_eq!(refused.unwrap().kind(), ErrorKind::IssueBudgetReached);
    clock.advance(900 * SECOND);
    assert!(pool.token(&id(1)).await.is_ok());
}

#[tokio::test]
async fn concurrent_calls_are_bounded() {
    let Scene { clock, pool, at_once, most_at_once, .. } = Scene::new(1000, 8, SECOND);
    let callers: Vec<_> = (0..100)
        .map(|channel| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) })
        })
        .collect();
    for _ in 0..14 {
        settle().await;
        clock.advance(SECOND);
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    // All are due at about the same time, and nobody asks.
    for _ in 0..200 {
        clock.advance(4 * SECOND);
        settle().await;
    }
    assert_eq!((most_at_once.load(Ordering::SeqCst), at_once.load(Ordering::SeqCst)), (8, 0));
    for channel in 0..100 {
        assert!(pool.with_token(&id(channel), |_| ()).is_some(), "{channel}");
    }
}

#[tokio::test]
async fn callers_overtake_background_refreshes() {
    let Scene { clock, pool, order, .. } = Scene::new(1000, 8, SECOND);
    for channel in 0..100 {
        let channel = id(channel);
        let call = pool.token(&channel);
        let advance = async {
            settle().await;
            clock.advance(SECOND);
        };
        tokio::join!(call, advance).0.unwrap();
    }
    order.lock().unwrap().clear();
    clock.advance(700 * SECOND);
    settle().await;
    let behind = order.lock().unwrap().len();
    assert_eq!(behind, 7, "calls in the background leave a permit");
    let pool_of_caller = pool.clone();
    let caller = tokio::spawn(async move { pool_of_caller.token(&id(5000)).await.map(drop) });
    settle().await;
    assert_eq!(order.lock().unwrap().last(), Some(&id(5000)), "it waits for none of the 93 in the queue");
    clock.advance(SECOND);
    caller.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_evicted_channel_keeps_its_interval() {
    let sources = Sources::new();
    let pool = sources.pool(1);
    for nth in 0..100 {
        let _ = pool.token(&id(1 + nth % 2)).await;
        sources.clock.advance(Duration::from_millis(1));
    }
    assert_eq!((sources.calls(1), sources.calls(2)), (1, 1), "a tenth of a second has passed");
}

#[tokio::test]
async fn a_new_channel_is_not_evicted() {
    let sources = Sources::new();
    let pool = sources.pool(2);
    for channel in [5, 6, 1] {
        pool.token(&id(channel)).await.unwrap();
    }
    assert!(pool.len() == 2 && pool.status(&id(1)).is_some());
}

#[test]
fn bounds_beyond_all_bounds_are_bounds() {
    for bound in [0, 1, usize::MAX] {
        let pool = TokenPool::builder(|_| Ok(StaticSource::new(AccessToken::new("t")?)));
        assert!(pool.max_concurrent_issues(bound).max_capacity(bound).build().is_empty());
    }
}
