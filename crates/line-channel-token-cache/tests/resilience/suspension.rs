//! A machine that was suspended: that time counts towards every delay.

use std::sync::Arc;

use line_channel_token_cache::RefreshAhead;
use line_channel_token_cache::TokenCache;
use line_channel_token_core::{Clock, Error};
use line_channel_token_mock::ManualClock;

use crate::support::{Act, Line, MINUTE, SECOND, Source, families, pass, seconds_until_a_token, settle};

#[tokio::test]
async fn a_suspension_ends_delays() {
    for suspended in [10 * MINUTE, 60 * MINUTE, 60 * 24 * MINUTE] {
        for error in [Error::transient("x"), Error::signing("x")] {
            let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
            source.act(Act::Fail(error));
            let cache = source.cache(&clock);
            for _ in 0..10 {
                let delay = cache.token().await.unwrap_err().retry_after().unwrap();
                clock.advance(delay);
            }
            assert!(cache.token().await.is_err());
            source.act(Act::Issue);
            clock.suspend(suspended);
            assert!(cache.token().await.is_ok(), "after {suspended:?}");
        }
    }
}

#[tokio::test]
async fn a_suspended_token_is_replaced_at_once() {
    for (family, _) in families(&Line::default(), &ManualClock::new()) {
        let (line, clock) = (Line::default(), ManualClock::new());
        let cache = families(&line, &clock).into_iter().find(|(name, _)| *name == family).unwrap().1;
        cache.token().await.unwrap();
        clock.advance(5 * SECOND);
        clock.suspend(31 * 24 * 60 * MINUTE);
        assert!(cache.with_token(|_| ()).is_none(), "{family}");
        assert_eq!(seconds_until_a_token(&cache, &clock, 120).await, 0, "{family}");
    }
}

#[tokio::test]
async fn overdue_work_runs_within_ten_seconds() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::Always);
    let cache = builder.clock(Arc::new(clock.clone())).build();
    cache.token().await.unwrap();
    settle().await;
    clock.suspend(2000 * SECOND);
    assert!(!cache.status().state.is_valid());
    pass(&clock, 10 * SECOND).await;
    assert!(cache.status().state.is_valid());
}

#[tokio::test]
async fn a_suspended_call_is_given_up() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    source.act(Act::Hang);
    let cache = source.cache(&clock);
    let waiting = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.token().await })
    };
    settle().await;
    clock.suspend(60 * MINUTE);
    source.act(Act::Issue);
    pass(&clock, 3 * SECOND).await;
    assert!(waiting.is_finished(), "its connection did not outlive the hour");
    let _ = waiting.await.unwrap();
    pass(&clock, SECOND).await;
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn a_calendar_that_jumps_is_no_suspension() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    source.act(Act::Fail(Error::signing("x").with_retry_after(300 * SECOND)));
    let cache = source.cache(&clock);
    assert!(cache.token().await.is_err());
    clock.set_unix_time(clock.now().unix + 60 * MINUTE);
    assert_eq!(cache.token().await.unwrap_err().retry_after(), Some(300 * SECOND));
}
