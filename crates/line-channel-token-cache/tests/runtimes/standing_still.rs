//! Runtimes that are alive and not driven.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::{StatelessSource, TokenPool};
use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret, Client};
use line_channel_token_hyper::HyperBackend;

use crate::service::{Fast, MILLISECOND, Service, current_thread, within};

#[test]
fn a_stalled_runtime_hangs_nobody_else() {
    let service = Service::start(20 * MILLISECOND, 900);
    // What takes seconds takes tenths of them.
    let clock = Fast::start(10);
    for (name, cache) in service.caches(&clock) {
        let idle = current_thread();
        idle.block_on(async {
            let asked = cache.clone();
            tokio::spawn(async move { asked.token().await.map(drop) });
            // The call begins, and then nobody drives the runtime any more.
            tokio::time::sleep(5 * MILLISECOND).await;
        });
        let asked = cache.clone();
        let (outcome, took) = within(move || current_thread().block_on(asked.token()).map(drop));
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
        drop(idle);
    }
}

#[test]
fn channels_whose_calls_stand_still_keep_no_permits() {
    let service = Service::start(20 * MILLISECOND, 900);
    let clock = Fast::start(10);
    let url: BaseUrl = service.url();
    let client = Client::builder(HyperBackend::new().unwrap()).base_url(url).clock(clock.clone()).build();
    let pool = TokenPool::builder(move |channel: &ChannelId| {
        Ok(StatelessSource::from_secret(client.clone(), channel.clone(), ChannelSecret::new("s3cret")?))
    });
    let pool = pool.clock(Arc::clone(&clock)).max_concurrent_issues(4).build();
    let idle = current_thread();
    let channel = |id: usize| ChannelId::new(id.to_string()).unwrap();
    idle.block_on(async {
        for id in 0..4 {
            let (pool, channel) = (pool.clone(), channel(id));
            tokio::spawn(async move { pool.token(&channel).await.map(drop) });
        }
        tokio::time::sleep(5 * MILLISECOND).await;
    });
    // Its callers find out, and free the permits for all.
    let (outcomes, _) = within(move || {
        current_thread().block_on(async {
            let mut outcomes = Vec::new();
            for id in 0..8 {
                outcomes.push(pool.token(&channel(id)).await.map(drop));
            }
            outcomes
        })
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    drop(idle);
}

#[test]
fn reads_recover_from_a_stalled_runtime() {
    let service = Service::start(20 * MILLISECOND, 900);
    let clock = Fast::start(20);
    for (name, cache) in service.caches(&clock) {
        let idle = current_thread();
        idle.block_on(async { assert!(cache.with_token(|_| ()).is_none()) });
        let reading = cache.clone();
        let (served, _) = within(move || {
            current_thread().block_on(async move {
                for _ in 0..100 {
                    if reading.with_token(|_| ()).is_some() {
                        return true;
                    }
                    tokio::time::sleep(20 * MILLISECOND).await;
                }
                false
            })
        });
        assert!(served, "{name}: {:?}", cache.status());
        drop(idle);
    }
}

/// Blocks its thread, as a driver of an HSM does that was not written for async code.
#[derive(Debug, Default)]
struct Blocking(std::sync::atomic::AtomicUsize);

#[line_channel_token_cache::async_trait]
impl line_channel_token_cache::TokenSource for Blocking {
    async fn issue(
        &self,
        request: line_channel_token_cache::IssueRequest<'_>,
    ) -> Result<line_channel_token_cache::Issued, line_channel_token_core::Error> {
        let sent_at = request.clock().now();
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // Twelve seconds of the clock.
        crate::service::real_sleep(600 * MILLISECOND);
        let token = line_channel_token_core::AccessToken::new("t")?;
        Ok(line_channel_token_cache::NewToken::new(token, sent_at, Duration::from_secs(60)).into())
    }
}

#[test]
fn a_blocking_source_is_called_sparingly() {
    let clock = Fast::start(20);
    let source = Arc::new(Blocking::default());
    let cache = line_channel_token_cache::TokenCache::builder(source.clone()).clock(clock.clone());
    // None is replaced while nobody asks.
    let cache = cache.refresh_ahead(line_channel_token_cache::RefreshAhead::OnRead).build();
    let (outcomes, _) = within(move || {
        crate::service::multi_thread().block_on(async move {
            let mut outcomes = Vec::new();
            for _ in 0..3 {
                outcomes.push(cache.token().await.map(drop));
                // The token expires.
                clock.sleep(Duration::from_secs(80)).await;
            }
            outcomes
        })
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let calls = source.0.load(std::sync::atomic::Ordering::SeqCst);
    assert!((3..=4).contains(&calls), "{calls} calls for three tokens");
}
