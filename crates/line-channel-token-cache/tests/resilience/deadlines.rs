//! Sources that hang, and what they cost others: nothing.

use std::sync::Arc;

use line_channel_token_cache::{CacheState, RefreshAhead, Shutdown, TokenCache};
use line_channel_token_core::{Clock, Error};
use line_channel_token_mock::ManualClock;

use crate::support::{Act, Events, MINUTE, SECOND, Source, id, pass, pool, settle};

#[tokio::test]
async fn a_silent_call_ends_at_the_deadline() {
    for (timeout, ends) in [(None, 60), (Some(5), 5), (Some(300), 300)] {
        let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
        source.act(Act::Hang);
        let mut builder = TokenCache::builder(source.clone()).clock(Arc::new(clock.clone()));
        if let Some(timeout) = timeout {
            builder = builder.issue_timeout(timeout * SECOND);
        }
        let cache = builder.build();
        let waiting = tokio::spawn({
            let cache = cache.clone();
            async move { cache.token().await }
        });
        settle().await;
        pass(&clock, (ends - 1) * SECOND).await;
        assert!(!waiting.is_finished());
        pass(&clock, SECOND).await;
        assert!(waiting.is_finished(), "{ends}");
        let error = waiting.await.unwrap().unwrap_err();
        assert!(error.to_string().contains(&format!("did not respond within {ends} s")), "{error}");
        source.act(Act::Issue);
        pass(&clock, SECOND).await;
        assert!(cache.token().await.is_ok(), "the next call starts another");
    }
}

#[tokio::test]
async fn a_valid_token_comes_before_its_expiry() {
    for left in [17, 10, 4, 1] {
        let (clock, source, events) = (ManualClock::new(), Arc::new(Source::quick()), Events::default());
        let cache = TokenCache::builder(source.clone()).clock(Arc::new(clock.clone())).on_event(events.hook()).build();
        cache.token().await.unwrap();
        source.act(Act::Hang);
        clock.advance((900 - left) * SECOND);
        assert_eq!(cache.status().state, CacheState::Mandatory);
        let waiting = tokio::spawn({
            let cache = cache.clone();
            async move { cache.token().await }
        });
        let mut waited = std::time::Duration::ZERO;
        while !waiting.is_finished() {
            let step = SECOND / 10;
            clock.advance(step);
            waited += step;
            settle().await;
            assert!(waited < left * SECOND, "{left} s were left");
        }
        let token = waiting.await.unwrap().unwrap();
        assert!(token.remaining(clock.now()) > std::time::Duration::ZERO);
        assert!(waited <= 5 * SECOND + SECOND / 10, "{waited:?}");
        assert_eq!(events.count("ServedStale"), 1);
    }
}

#[tokio::test]
async fn a_slow_call_delays_no_valid_token() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let cache = source.cache(&clock);
    cache.token().await.unwrap();
    source.act(Act::Hang);
    clock.advance(883 * SECOND);
    let first = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(drop) }
    });
    settle().await;
    pass(&clock, 6 * SECOND).await;
    first.await.unwrap().unwrap();
    for _ in 0..100 {
        let now = clock.now();
        cache.token().await.unwrap();
        assert_eq!(clock.now(), now, "nobody has to move the clock for them");
    }
}

#[tokio::test]
async fn removing_hung_channels_frees_permits() {
    let clock = ManualClock::new();
    let make = |channel: &line_channel_token_core::ChannelId| {
        let source = Source::quick();
        if channel.as_str().len() > 3 {
            source.act(Act::Hang);
        }
        Arc::new(source)
    };
    let hung_pool = || pool(&clock, 100_000, 64, make);

    let pool = hung_pool();
    let start_hung = |pool: &line_channel_token_cache::TokenPool| {
        for channel in 1000..1064 {
            let pool = pool.clone();
            tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) });
        }
    };
    start_hung(&pool);
    settle().await;
    let healthy = tokio::spawn({
        let pool = pool.clone();
        async move { pool.token(&id(1)).await.map(drop) }
    });
    settle().await;
    pass(&clock, MINUTE).await;
    assert!(healthy.is_finished(), "one deadline has passed");
    healthy.await.unwrap().unwrap();

    let pool = hung_pool();
    start_hung(&pool);
    settle().await;
    for channel in 1000..1064 {
        assert!(pool.remove(&id(channel)));
    }
    // Their callers ask again, which their sources are free to hang on; the limiter serves the newest first.
    let healthy = tokio::spawn(async move { pool.token(&id(1)).await.map(drop) });
    settle().await;
    pass(&clock, MINUTE).await;
    assert!(healthy.is_finished());
    healthy.await.unwrap().unwrap();
}

/// How long a healthy cold caller waits behind channels that never respond.
async fn behind(dead: usize, failed_before: bool, first: bool) -> u64 {
    let clock = ManualClock::new();
    let sources = Arc::new(std::sync::Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(&clock, 100_000, 64, move |channel| {
        let source = Arc::new(Source::quick());
        if channel.as_str().len() > 3 {
            source.act(if failed_before { Act::Fail(Error::transient("down")) } else { Act::Hang });
            made.lock().unwrap().push(source.clone());
        }
        source
    });
    let ask = |channel: usize| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) })
    };
    if failed_before {
        for channel in 1000..1000 + dead {
            let _ = ask(channel).await;
        }
        sources.lock().unwrap().iter().for_each(|source| source.act(Act::Hang));
        clock.advance(2 * SECOND);
    }
    let healthy = first.then(|| ask(1));
    for channel in 1000..1000 + dead {
        ask(channel);
    }
    settle().await;
    let healthy = healthy.unwrap_or_else(|| ask(1));
    settle().await;
    let mut seconds = 0;
    while !healthy.is_finished() {
        pass(&clock, SECOND).await;
        seconds += 1;
        assert!(seconds < 100_000, "it never ends");
    }
    healthy.await.unwrap().unwrap();
    seconds
}

#[tokio::test]
async fn a_healthy_caller_waits_one_deadline() {
    for dead in [64, 500, 1000] {
        let seconds = behind(dead, false, false).await;
        assert!(seconds <= 60, "{seconds} s behind {dead}");
    }
    assert_eq!(behind(1000, true, false).await, 0, "channels that failed before leave permits for others");
    assert_eq!(behind(1000, false, true).await, 0);
}

#[tokio::test]
async fn hung_channels_respect_the_bound() {
    let (clock, in_flight) = (ManualClock::new(), Arc::new(std::sync::Mutex::new(Vec::<Arc<Source>>::new())));
    let made = in_flight.clone();
    let pool = pool(&clock, 1000, 1, move |_| {
        let source = Arc::new(Source::quick());
        source.act(Act::Hang);
        made.lock().unwrap().push(source.clone());
        source
    });
    for channel in 0..20 {
        let call = tokio::spawn({
            let pool = pool.clone();
            async move { pool.token(&id(channel)).await.map(drop) }
        });
        settle().await;
        call.abort();
    }
    settle().await;
    let calls: usize = in_flight.lock().unwrap().iter().map(|source| source.calls()).sum();
    assert_eq!(calls, 1);
    // Those who gave up while they waited for a permit are not called for.
    pass(&clock, 61 * SECOND).await;
    let calls: usize = in_flight.lock().unwrap().iter().map(|source| source.calls()).sum();
    assert_eq!(calls, 1, "nobody waits any more");
}

#[tokio::test]
async fn revocations_and_listings_have_a_deadline_too() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    *source.retiring_hangs.lock().unwrap() = true;
    let events = Events::default();
    let builder = TokenCache::builder(source.clone()).clock(Arc::new(clock.clone())).on_event(events.hook());
    let cache = builder.refresh_ahead(RefreshAhead::OnRead).build();
    let token = cache.token().await.unwrap();
    cache.invalidate(&token);
    settle().await;
    while events.count("RevocationFailed") == 0 {
        clock.advance(SECOND / 10);
        settle().await;
    }
    *source.retiring_hangs.lock().unwrap() = false;
    pass(&clock, 2 * SECOND).await;
    assert_eq!(events.count("Revoked"), 1, "it is retried");
    let report = cache.shutdown(Shutdown::within(SECOND)).await;
    assert!(report.is_complete(), "{report:?}");
}

#[tokio::test]
async fn a_recovered_channel_is_not_served_last() {
    let clock = ManualClock::new();
    let sources = Arc::new(std::sync::Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(&clock, 100_000, 16, move |_| {
        let source = Arc::new(Source::quick());
        source.act(Act::Fail(Error::transient("down")));
        made.lock().unwrap().push(source.clone());
        source
    });
    for channel in 0..400 {
        assert!(pool.token(&id(channel)).await.is_err());
    }
    for source in &sources.lock().unwrap()[..399] {
        source.act(Act::Hang);
    }
    sources.lock().unwrap()[399].act(Act::Issue);
    clock.advance(2 * SECOND);
    for channel in 0..399 {
        let pool = pool.clone();
        tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) });
    }
    settle().await;
    let recovered = tokio::spawn(async move { pool.token(&id(399)).await.map(drop) });
    settle().await;
    let mut seconds = 0;
    while !recovered.is_finished() {
        pass(&clock, SECOND).await;
        seconds += 1;
        assert!(seconds <= 61, "{seconds} s");
    }
    recovered.await.unwrap().unwrap();
}

#[tokio::test]
async fn reads_stay_cheap_during_hanging_refreshes() {
    let clock = ManualClock::new();
    let sources = Arc::new(std::sync::Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(&clock, 100_000, 8, move |_| {
        let source = Arc::new(Source::quick());
        made.lock().unwrap().push(source.clone());
        source
    });
    for channel in 0..500 {
        pool.token(&id(channel)).await.unwrap();
    }
    sources.lock().unwrap().iter().for_each(|source| source.act(Act::Hang));
    clock.advance(780 * SECOND);
    settle().await;
    for _ in 0..40 {
        pass(&clock, SECOND).await;
        for channel in 0..500 {
            assert!(pool.with_token(&id(channel), |_| ()).is_some());
        }
    }
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert!(tasks <= 9, "{tasks} tasks: eight calls and the timer");
}
