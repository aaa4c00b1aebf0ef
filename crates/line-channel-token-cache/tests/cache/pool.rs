//! A pool: a cache for each channel, made on demand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{CacheState, Shutdown, StatelessSource, StaticSource, TokenPool};
use line_channel_token_core::{AccessToken, ChannelId, ChannelSecret, Error, ErrorKind};
use line_channel_token_mock::{ManualClock, MockBackend};

use crate::support::{Act, SECOND, Source, settle};
use tokio::sync::Semaphore;

pub(crate) fn id(id: usize) -> ChannelId {
    ChannelId::new(id.to_string()).unwrap()
}

/// Sources that issue tokens of a quarter of an hour, counted by channel.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) clock: ManualClock,
    made: Arc<Mutex<HashMap<ChannelId, Vec<Arc<Source>>>>>,
}

impl Sources {
    pub(crate) fn new() -> Self {
        Self { clock: ManualClock::new(), made: Arc::default() }
    }

    pub(crate) fn make(&self, channel: &ChannelId) -> Arc<Source> {
        let source = Arc::new(Source::new([Act::Issue(900 * SECOND)], false, SECOND, &self.clock));
        self.made.lock().unwrap().entry(channel.clone()).or_default().push(source.clone());
        source
    }

    /// How many sources were made for the channel.
    pub(crate) fn made(&self, channel: usize) -> usize {
        self.made.lock().unwrap().get(&id(channel)).map_or(0, Vec::len)
    }

    /// How often the channel's sources were asked for a token.
    pub(crate) fn calls(&self, channel: usize) -> usize {
        self.made.lock().unwrap().get(&id(channel)).map_or(0, |made| made.iter().map(|source| source.calls()).sum())
    }

    pub(crate) fn pool(&self, max_capacity: usize) -> TokenPool {
        let sources = self.clone();
        TokenPool::builder(move |channel| Ok(sources.make(channel)))
            .clock(Arc::new(self.clock.clone()))
            .max_capacity(max_capacity)
            .build()
    }
}

#[tokio::test]
async fn each_channel_has_its_own_token() {
    let sources = Sources::new();
    let pool = sources.pool(100);
    assert!(pool.is_empty() && pool.status(&id(1)).is_none() && pool.with_token(&id(1), |_| ()).is_none());
    let (one, two) = (pool.token(&id(1)).await.unwrap(), pool.token(&id(2)).await.unwrap());
    assert!(!Arc::ptr_eq(&one, &two));
    assert!(Arc::ptr_eq(&one, &pool.token(&id(1)).await.unwrap()));
    assert_eq!((pool.len(), sources.made(1), sources.made(2), sources.made(3)), (2, 1, 1, 0));
    assert_eq!(pool.with_token(&id(2), |token| token.expires_in()), Some(Some(900 * SECOND)));
    pool.invalidate(&id(1), &one);
    assert_eq!(pool.status(&id(1)).unwrap().state, CacheState::Empty);
    assert_eq!(pool.status(&id(2)).unwrap().state, CacheState::Fresh, "the other is not touched");
    pool.warm_up(&id(1)).await.unwrap();
    let valid = pool.token_with_min_ttl(&id(1), 900 * SECOND).await.unwrap();
    assert!(!Arc::ptr_eq(&valid, &one));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_channels_cause_a_hundred_issues() {
    let sources = Sources::new();
    let pool = sources.pool(100);
    let callers: Vec<_> = (0..10_000)
        .map(|nth| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.token(&id(nth % 100)).await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let calls: usize = sources.made.lock().unwrap().values().flatten().map(|source| source.calls()).sum();
    assert_eq!((pool.len(), calls), (100, 100));
}

#[tokio::test]
async fn an_unmade_source_is_not_remembered() {
    let known = Arc::new(Mutex::new(false));
    let asked = known.clone();
    let pool = TokenPool::builder(move |channel: &ChannelId| {
        if *asked.lock().unwrap() {
            return Ok(StaticSource::new(AccessToken::new("t")?));
        }
        Err(Error::invalid_input(format!("channel {channel} is not a customer")))
    })
    .build();
    let error = pool.token(&id(7)).await.unwrap_err();
    assert_eq!(error.to_string(), "channel 7 is not a customer");
    assert!(pool.is_empty());
    *known.lock().unwrap() = true;
    assert!(pool.token(&id(7)).await.is_ok());
}

#[tokio::test]
async fn a_source_of_another_channel_is_rejected() {
    let line = MockBackend::new();
    let client = line.client();
    let pool = TokenPool::builder(move |_: &ChannelId| {
        Ok(StatelessSource::from_secret(client.clone(), ChannelId::new("1")?, ChannelSecret::new("s3cret")?))
    })
    .build();
    let error = pool.token(&id(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("made for channel 2 issues tokens for channel 1"), "{error}");
    assert!(line.received_requests().is_empty());
}

#[tokio::test]
async fn events_name_their_channel() {
    let sources = Sources::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let (log, made) = (events.clone(), sources.clone());
    let pool = TokenPool::builder(move |channel| Ok(made.make(channel)))
        .clock(Arc::new(sources.clock.clone()))
        .on_event(move |channel, event| log.lock().unwrap().push(format!("{channel} {event:?}")))
        .build();
    for channel in [5, 6] {
        pool.token(&id(channel)).await.unwrap();
    }
    let expected = |channel| format!("{channel} Issued {{ expires_in: Some(900s) }}");
    assert_eq!(*events.lock().unwrap(), [expected(5), expected(6)]);
}

#[tokio::test]
async fn shutdown_keeps_serving_warm_channels() {
    let sources = Sources::new();
    let pool = sources.pool(100);
    pool.token(&id(1)).await.unwrap();
    pool.shutdown(Shutdown::default()).await;
    assert!(pool.token(&id(1)).await.is_ok());
    for channel in [1, 2] {
        sources.clock.advance(Duration::from_secs(450 * channel));
        let error = pool.token(&id(2)).await.unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
    }
    settle().await;
    assert!(pool.token(&id(1)).await.unwrap_err().to_string().contains("shut down"));
    assert_eq!((sources.made(1), sources.made(2)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_asks_no_new_source() {
    let (reached, go) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(None)));
    let (tell, wait) = std::sync::mpsc::channel();
    *go.lock().unwrap() = Some(wait);
    let sources = Sources::new();
    let (made, at, gate) = (sources.clone(), reached.clone(), go.clone());
    let pool = TokenPool::builder(move |channel: &ChannelId| {
        at.add_permits(1);
        if let Some(wait) = gate.lock().unwrap().take() {
            let _ = wait.recv();
        }
        Ok(made.make(channel))
    });
    let pool = pool.clock(Arc::new(sources.clock.clone())).build();
    let caller = pool.clone();
    let call = tokio::spawn(async move { caller.token(&id(1)).await.map(drop) });
    reached.acquire().await.unwrap().forget();
    pool.shutdown(Shutdown::default()).await;
    tell.send(()).unwrap();
    assert!(call.await.unwrap().unwrap_err().to_string().contains("shut down"));
    assert_eq!(sources.calls(1), 0);
}
