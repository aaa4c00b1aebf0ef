//! Runtimes that end in the middle of a call: that is no failure of the source.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use line_channel_token_cache::{RefreshAhead, StatelessSource, TokenCache};
use line_channel_token_core::{Clock, SystemClock};
use tokio::runtime::Runtime;

use crate::service::{Fast, MILLISECOND, Service, current_thread, multi_thread, real_sleep, within};

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Asks for a token, and ends the runtime while the call is in flight.
fn end_in_mid_call(runtime: Runtime, cache: &TokenCache) {
    let asking = cache.clone();
    runtime.block_on(async {
        let call = tokio::spawn(async move { asking.token().await.map(drop) });
        tokio::time::sleep(100 * MILLISECOND).await;
        assert!(!call.is_finished());
    });
    runtime.shutdown_background();
}

#[test]
fn the_next_caller_starts_another() {
    let service = Service::start(300 * MILLISECOND, 900);
    for multi in [false, true] {
        for (name, cache) in service.caches(&system_clock()) {
            end_in_mid_call(if multi { multi_thread() } else { current_thread() }, &cache);
            let asked = cache.clone();
            let (outcome, took) = within(move || current_thread().block_on(asked.token()).map(drop));
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            assert!(took < Duration::from_secs(2), "{name}: {took:?}");
            assert!(cache.status().last_error.is_none(), "{name}");
        }
    }
}

#[test]
fn waiters_in_other_runtimes_start_another() {
    let service = Service::start(300 * MILLISECOND, 900);
    for (name, cache) in service.caches(&system_clock()) {
        let first = multi_thread();
        let asked = cache.clone();
        first.spawn(async move { asked.token().await.map(drop) });
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let asked = cache.clone();
                thread::spawn(move || {
                    real_sleep(50 * MILLISECOND);
                    current_thread().block_on(asked.token()).map(drop)
                })
            })
            .collect();
        real_sleep(150 * MILLISECOND);
        first.shutdown_background();
        for waiter in waiters {
            let outcome = waiter.join().unwrap();
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
    }
}

#[test]
fn a_runtime_per_call_always_gets_tokens() {
    // A quarter of an hour passes in some seconds, twice.
    let service = Service::start(5 * MILLISECOND, 900);
    let clock = Fast::start(200);
    let threads: Vec<_> = service
        .caches(&clock)
        .into_iter()
        .filter(|(name, _)| name.starts_with("stateless"))
        .flat_map(|(name, cache)| [(name.clone(), cache, false), (name, service.caches(&clock).swap_remove(0).1, true)])
        .map(|(name, cache, multi)| {
            let clock = clock.clone();
            thread::spawn(move || {
                let start = clock.now();
                let (mut served, mut failed) = (0, Vec::new());
                while clock.now().since(start) < Duration::from_secs(2000) {
                    let runtime = if multi { multi_thread() } else { current_thread() };
                    match runtime.block_on(cache.token()) {
                        Ok(_) => served += 1,
                        Err(error) => failed.push(error.to_string()),
                    }
                    drop(runtime);
                    real_sleep(5 * MILLISECOND);
                }
                assert!(
                    failed.is_empty(),
                    "{name}, multi-threaded {multi}: {} of {served}: {}",
                    failed.len(),
                    failed[0]
                );
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(service.requests() < 100, "{} requests for about 12 tokens", service.requests());
}

#[test]
fn reads_recover_from_an_ended_runtime() {
    let service = Service::start(20 * MILLISECOND, 180);
    let clock = Fast::start(200);
    for (name, cache) in service.caches(&clock).into_iter().filter(|(name, _)| name.starts_with("stateless")) {
        let first = current_thread();
        first.block_on(async { cache.token().await.map(drop) }).unwrap();
        // The next refresh begins, and its runtime ends before it is over.
        real_sleep(800 * MILLISECOND);
        first.block_on(async { drop(cache.token().await) });
        drop(first);
        let second = multi_thread();
        let served = second.block_on(async {
            let mut served = 0;
            for _ in 0..100 {
                tokio::time::sleep(20 * MILLISECOND).await;
                served += usize::from(cache.with_token(|_| ()).is_some());
            }
            served
        });
        assert!(served >= 80, "{name}: {served} of 100");
    }
}

#[test]
fn a_static_cache_serves_many_runtimes() {
    let service = Service::start(30 * MILLISECOND, 900);
    for (name, cache) in service.caches(&system_clock()) {
        let before = service.requests();
        let tests: Vec<_> = (0..16)
            .map(|nth| {
                let cache = cache.clone();
                thread::spawn(move || {
                    // Some are over before the call is.
                    let max_wait = if nth % 2 == 0 { MILLISECOND } else { Duration::from_secs(10) };
                    current_thread().block_on(async {
                        match tokio::time::timeout(max_wait, cache.token()).await {
                            Ok(outcome) => outcome.map(drop),
                            Err(_) => Ok(()),
                        }
                    })
                })
            })
            .collect();
        for test in tests {
            let outcome = test.join().unwrap();
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
        assert!(service.requests() - before <= 9, "{name}: {} requests", service.requests() - before);
    }
}

#[test]
fn always_goes_on_in_the_next_runtime() {
    let service = Service::start(5 * MILLISECOND, 300);
    let clock = Fast::start(100);
    let client = line_channel_token_core::Client::builder(line_channel_token_hyper::HyperBackend::new().unwrap())
        .base_url(service.url())
        .clock(clock.clone())
        .build();
    let id = line_channel_token_core::ChannelId::new("1").unwrap();
    let secret = line_channel_token_core::ChannelSecret::new("s").unwrap();
    let builder = TokenCache::builder(StatelessSource::from_secret(client, id, secret)).clock(clock.clone());
    let cache = builder.refresh_ahead(RefreshAhead::Always).build();
    for _ in 0..2 {
        let runtime = current_thread();
        runtime.block_on(async {
            cache.token().await.map(drop).unwrap();
            tokio::time::sleep(3200 * MILLISECOND).await;
            assert!(
                cache.status().is_ready(),
                "more than a lifetime has passed, and nobody asked: {:?}",
                cache.status()
            );
        });
    }
}

#[test]
fn short_runtimes_use_few_slots() {
    let service = Service::start(200 * MILLISECOND, 2_592_000);
    let caches = service.caches(&system_clock());
    let (name, cache) = caches.into_iter().find(|(name, _)| name.starts_with("v2.1")).unwrap();
    let mut told = None;
    for _ in 0..60 {
        let outcome = current_thread().block_on(async {
            tokio::time::timeout(20 * MILLISECOND, cache.token()).await.map(|outcome| outcome.map(drop))
        });
        if let Ok(Err(error)) = outcome {
            told = Some(error.to_string());
        }
    }
    assert!(service.requests() <= 9, "{name}: {} requests in a second or two", service.requests());
    assert!(told.unwrap().contains("let the runtime live until the token has come"));
}
