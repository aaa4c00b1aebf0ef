//! Threads outside of Tokio, and runtimes that were shut down and are still current.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{IssueRequest, Issued, NewToken, SourcePolicy, TokenCache, TokenPool, TokenSource};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, ErrorKind, SystemClock};

use crate::service::{MILLISECOND, Service, current_thread, multi_thread, within};

/// What any client on Tokio does: its first step needs no runtime, its second does.
#[derive(Debug, Default)]
struct OnTokio(AtomicUsize);

#[async_trait]
impl TokenSource for OnTokio {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(Duration::from_secs(1))
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = request.clock().now();
        self.0.fetch_add(1, SeqCst);
        SystemClock.sleep(20 * MILLISECOND).await;
        tokio::time::sleep(20 * MILLISECOND).await;
        Ok(NewToken::new(AccessToken::new("t")?, sent_at, Duration::from_secs(900)).into())
    }
}

#[test]
fn a_thread_outside_of_tokio_may_join() {
    for _ in 0..20 {
        let source = Arc::new(OnTokio::default());
        let cache = TokenCache::new(source.clone());
        let runtime = multi_thread();
        let inside = runtime.spawn({
            let cache = cache.clone();
            async move { cache.token().await.map(drop) }
        });
        while source.0.load(SeqCst) == 0 {
            thread::yield_now();
        }
        let joining = cache.clone();
        let (outside, _) = within(move || futures_executor::block_on(joining.token()).map(drop));
        outside.unwrap();
        runtime.block_on(inside).unwrap().unwrap();
    }
}

#[test]
fn real_backends_behave_outside_of_tokio() {
    let service = Service::start(100 * MILLISECOND, 900);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for (name, cache) in service.caches(&clock) {
        let error = futures_executor::block_on(cache.token()).unwrap_err();
        assert!(error.to_string().contains("needs a Tokio runtime"), "{name}: {error}");
        assert!(cache.status().last_error.is_none(), "it is no failure of the source");
        let runtime = multi_thread();
        let inside = runtime.spawn({
            let cache = cache.clone();
            async move { cache.token().await.map(drop) }
        });
        while !cache.status().in_flight {
            thread::yield_now();
        }
        let joining = cache.clone();
        let (outside, _) = within(move || futures_executor::block_on(joining.token()).map(drop));
        assert!(outside.is_ok(), "{name}: {outside:?}");
        runtime.block_on(inside).unwrap().unwrap();
    }
}

#[test]
fn a_dead_current_runtime_is_an_error() {
    let runtime = current_thread();
    let handle = runtime.handle().clone();
    drop(runtime);
    let pool = TokenPool::builder(|_: &ChannelId| Ok(OnTokio::default())).max_concurrent_issues(2).build();
    let asked = pool.clone();
    let (errors, _) = within(move || {
        let _current = handle.enter();
        let channels = (1..=5).map(|channel: u32| ChannelId::new(channel.to_string()).unwrap());
        channels.map(|channel| futures_executor::block_on(asked.token(&channel)).unwrap_err()).collect::<Vec<_>>()
    });
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::TemporarilyUnavailable);
        assert!(error.to_string().contains("has been shut down"), "{error}");
    }
    // And the pool works on.
    let (outcome, _) = within(move || current_thread().block_on(pool.token(&ChannelId::new("1").unwrap())).map(drop));
    outcome.unwrap();
}

#[test]
fn local_sets_and_blocking_threads_work() {
    let service = Service::start(5 * MILLISECOND, 900);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for (name, cache) in service.caches(&clock) {
        let asked = cache.clone();
        let local = tokio::task::LocalSet::new();
        local
            .block_on(&current_thread(), async move {
                tokio::task::spawn_local(async move { asked.token().await.map(drop) }).await.unwrap()
            })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for (name, cache) in service.caches(&clock) {
        let outcome = multi_thread().block_on(async move {
            let in_place = move || tokio::runtime::Handle::current().block_on(cache.token()).map(drop);
            tokio::spawn(async move { tokio::task::block_in_place(in_place) }).await.unwrap()
        });
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    for (name, cache) in service.caches(&clock) {
        let outcome = multi_thread().block_on(async move {
            let blocking = move || tokio::runtime::Handle::current().block_on(cache.token()).map(drop);
            tokio::task::spawn_blocking(blocking).await.unwrap()
        });
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
}
