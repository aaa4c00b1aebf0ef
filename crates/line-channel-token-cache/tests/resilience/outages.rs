//! A gateway, a signer or a vault that fails for a while, and what of it must not outlast it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use async_trait::async_trait;
use line_channel_token_cache::{
    IssueBudget, JwtSource, Retired, ShortLivedSource, SourcePolicy, TokenCache, TokenSource,
};
use line_channel_token_core::{
    Assertion, AssertionSource, ChannelId, ChannelSecret, Error, ErrorKind, Sent, TokenKeyId, TokenLifetime,
};
use line_channel_token_mock::ManualClock;

use crate::support::{
    Act, DAY, Events, Line, MINUTE, SECOND, Source, families, id, pass, seconds_until_a_token, signer,
};

const LONGEST_BACKOFF: u64 = 600;

/// A gateway in front of LINE that responds in its place.
const GATEWAYS: [(u16, &str); 8] = [
    (503, "<html>unavailable</html>"),
    (502, ""),
    (500, r#"{"message":"internal error"}"#),
    (408, ""),
    (302, ""),
    (200, "<html>captive portal</html>"),
    (200, ""),
    (200, r#"{"access_token":""}"#),
];

#[tokio::test]
async fn an_outage_ends_within_the_backoff() {
    for (status, body) in GATEWAYS {
        for (family, _) in families(&Line::default(), &ManualClock::new()) {
            let (line, clock) = (Line::default(), ManualClock::new());
            let cache = families(&line, &clock).into_iter().find(|(name, _)| *name == family).unwrap().1;
            line.always_responds(status, body);
            for _ in 0..75 {
                assert!(cache.token().await.is_err());
                clock.advance(MINUTE);
            }
            line.recovers();
            let seconds = seconds_until_a_token(&cache, &clock, 3600).await;
            assert!(seconds <= LONGEST_BACKOFF, "{family}, {status} {body}: {seconds} s");
        }
    }
}

#[tokio::test]
async fn the_smallest_budget_outlives_an_outage_too() {
    for short_lived in [false, true] {
        let (line, clock) = (Line::default(), ManualClock::new());
        let client = line.client(&clock);
        let source: Arc<dyn TokenSource> = if short_lived {
            let secret = ChannelSecret::new("s3cret").unwrap();
            Arc::new(ShortLivedSource::new(client, id(1), secret).with_budget(2).unwrap())
        } else {
            Arc::new(JwtSource::new(client, signer(), TokenLifetime::MAX).with_budget(2).unwrap())
        };
        let cache = TokenCache::builder(source).clock(Arc::new(clock.clone())).build();
        line.always_responds(503, "");
        for _ in 0..300 {
            assert!(cache.token().await.is_err());
            pass(&clock, SECOND).await;
        }
        line.recovers();
        let seconds = seconds_until_a_token(&cache, &clock, 3600).await;
        assert!(seconds <= LONGEST_BACKOFF, "v2 {short_lived}: {seconds} s");
    }
}

/// Signs, unless its key management is down: then it panics.
#[derive(Debug)]
struct Kms {
    channel: ChannelId,
    down: Arc<AtomicBool>,
}

#[async_trait]
impl AssertionSource for Kms {
    fn channel_id(&self) -> &ChannelId {
        &self.channel
    }

    async fn assertion(&self, lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        assert!(!self.down.load(SeqCst), "a bug of the KMS's client");
        signer().assertion(lifetime).await
    }
}

#[tokio::test]
async fn a_panicking_signer_uses_no_slot() {
    let (line, clock) = (Line::default(), ManualClock::new());
    let down = Arc::new(AtomicBool::new(true));
    let kms = Kms { channel: id(1), down: down.clone() };
    let source = JwtSource::new(line.client(&clock), kms, TokenLifetime::MAX);
    let cache = TokenCache::builder(source).clock(Arc::new(clock.clone())).build();
    for _ in 0..60 {
        let error = cache.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Signing, "{error}");
        clock.advance(MINUTE);
    }
    assert_eq!((line.calls.load(SeqCst), cache.status().slots_used), (0, 0));
    down.store(false, SeqCst);
    assert!(seconds_until_a_token(&cache, &clock, 3600).await <= LONGEST_BACKOFF);
}

/// A source with a budget of v2 or v2.1 tokens, which it leaves to expire.
fn with_budget(slots: usize) -> Source {
    let policy = SourcePolicy::new().with_budget(IssueBudget::new(slots, 30 * DAY).unwrap());
    Source { lifetime: 30 * DAY, retires: Retired::LeftToExpire, ..Source::new(policy) }
}

#[tokio::test]
async fn a_long_outage_ends_soon_after() {
    let acts = [
        Act::Fail(Error::token_unavailable("the vault is sealed")),
        Act::Fail(Error::transient("the vault is sealed")),
        Act::Fail(Error::signing("the KMS timed out")),
        Act::Fail(Error::invalid_input("no such secret")),
        Act::Fail(Error::transient("the response was lost").with_sent(Sent::Unknown)),
        Act::Panic,
        Act::Hang,
    ];
    for act in acts {
        for slots in [2, 10] {
            let (clock, source) = (ManualClock::new(), Arc::new(with_budget(slots)));
            let cache = source.cache(&clock);
            source.act(act.clone());
            let asking = tokio::spawn({
                let cache = cache.clone();
                async move {
                    while cache.token().await.is_err() {
                        tokio::task::yield_now().await;
                    }
                }
            });
            for _ in 0..180 {
                clock.advance(MINUTE);
                crate::support::settle().await;
            }
            source.act(Act::Issue);
            let mut seconds = 0;
            while !asking.is_finished() {
                pass(&clock, SECOND).await;
                seconds += 1;
                // A call that hangs is given up first.
                assert!(seconds <= LONGEST_BACKOFF + 60, "{act:?} with {slots} slots");
            }
        }
    }
}

#[tokio::test]
async fn only_sent_requests_use_a_slot() {
    for (act, used) in [
        (Act::Fail(Error::token_unavailable("sealed")), 0),
        (Act::Fail(Error::transient("sealed")), 0),
        (Act::Fail(Error::backend("no roots")), 0),
        (Act::Fail(Error::transient("lost").with_sent(Sent::Unknown)), 1),
        (Act::Panic, 1),
    ] {
        let (clock, source) = (ManualClock::new(), Arc::new(with_budget(10)));
        source.act(act.clone());
        let cache = source.cache(&clock);
        assert!(cache.token().await.is_err());
        assert_eq!(cache.status().slots_used, used, "{act:?}");
    }
}

#[tokio::test]
async fn one_bad_response_costs_a_second() {
    let bad = [(500, ""), (200, "<html></html>"), (200, "garbage"), (403, ""), (404, "<html></html>"), (401, "")];
    for (status, body) in bad {
        for (family, _) in families(&Line::default(), &ManualClock::new()) {
            let (line, clock) = (Line::default(), ManualClock::new());
            let cache = families(&line, &clock).into_iter().find(|(name, _)| *name == family).unwrap().1;
            line.always_responds(status, body);
            assert!(cache.token().await.is_err());
            line.recovers();
            let seconds = seconds_until_a_token(&cache, &clock, 120).await;
            assert!(seconds <= 2, "{family}, {status} {body}: {seconds} s");
        }
    }
}

#[tokio::test]
async fn the_early_attempt_is_made_once() {
    let (line, clock) = (Line::default(), ManualClock::new());
    let (_, cache) = families(&line, &clock).pop().unwrap();
    line.always_responds(503, "");
    for _ in 0..60 {
        assert!(cache.token().await.is_err());
        pass(&clock, SECOND).await;
    }
    assert_eq!(line.calls.load(SeqCst), 3, "at 0 s, at 1 s, and half a minute later");
}

#[tokio::test]
async fn an_exhausted_budget_asks_the_server() {
    let (clock, source, events) = (ManualClock::new(), Arc::new(with_budget(2)), Events::default());
    let listed = |count: usize| (0..count).map(|nth| TokenKeyId::new(format!("key-{nth}")).unwrap()).collect();
    *source.listed.lock().unwrap() = Ok(Some(listed(27)));
    let cache = TokenCache::builder(source.clone()).clock(Arc::new(clock.clone())).on_event(events.hook()).build();
    for _ in 0..5 {
        let token = cache.token().await.unwrap();
        cache.invalidate(&token);
        clock.advance(11 * MINUTE);
    }
    assert_eq!(source.calls(), 5, "LINE lists 27 of 30, whatever was counted here");
    *source.listed.lock().unwrap() = Ok(Some(listed(30)));
    for _ in 0..100 {
        let error = cache.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IssueBudgetReached);
        assert!(error.to_string().contains("LINE lists 30 valid tokens"), "{error}");
        assert!(error.retry_after().unwrap() <= 10 * MINUTE, "{error}");
        clock.advance(MINUTE);
    }
    assert_eq!((events.count("BudgetExhausted"), source.calls()), (1, 5));
    *source.listed.lock().unwrap() = Ok(Some(listed(3)));
    assert!(seconds_until_a_token(&cache, &clock, 3600).await <= LONGEST_BACKOFF);
}

#[tokio::test]
async fn an_unlistable_channel_recovers_in_ten_minutes() {
    let (clock, source) = (ManualClock::new(), Arc::new(with_budget(2)));
    let cache = source.cache(&clock);
    for _ in 0..20 {
        let token = cache.token().await.unwrap();
        cache.invalidate(&token);
        let seconds = seconds_until_a_token(&cache, &clock, 3600).await;
        assert!(seconds <= LONGEST_BACKOFF, "{seconds} s");
    }
}

#[tokio::test]
async fn short_lifetimes_leave_no_gap() {
    for seconds in [5, 10, 30, 59, 61, 75, 119] {
        let (clock, line) = (ManualClock::new(), Line::default());
        // v2.1 tokens of that lifetime, from a source that counts slots.
        let lifetime = TokenLifetime::from_secs(seconds).unwrap();
        let policy = JwtSource::new(line.client(&clock), signer(), lifetime).policy();
        let jwt = Source { lifetime: lifetime.as_duration(), ..Source::new(policy) };
        // And from one that does not, with the default interval of a minute.
        let plain = Source { lifetime: lifetime.as_duration(), ..Source::new(SourcePolicy::new()) };
        for source in [Arc::new(jwt), Arc::new(plain)] {
            let cache = source.cache(&clock);
            for second in 0..600 {
                if let Err(error) = cache.token().await {
                    panic!("{seconds} s tokens, second {second}: {error}");
                }
                pass(&clock, SECOND).await;
            }
            let issues = u64::try_from(source.calls()).unwrap();
            assert!(issues <= 2 * 600 / seconds + 2, "{issues} issues of {seconds} s tokens in 600 s");
        }
    }
}

#[tokio::test]
async fn retry_after_of_a_source_is_clamped() {
    for (wish, seconds) in [(0, 1), (1, 1), (5, 5), (600, 600), (86_400, 600)] {
        for error in [Error::transient("x"), Error::signing("x"), Error::token_unavailable("x")] {
            let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
            source.act(Act::Fail(error.with_retry_after(wish * SECOND)));
            let delay = source.cache(&clock).token().await.unwrap_err().retry_after();
            assert_eq!(delay, Some(seconds * SECOND), "{wish}");
        }
    }
}

#[tokio::test]
async fn a_transient_blip_of_a_source_costs_seconds() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    source.act(Act::Fail(Error::transient("the vault restarts")));
    let cache = source.cache(&clock);
    for _ in 0..5 {
        assert!(cache.token().await.is_err());
        pass(&clock, SECOND).await;
    }
    source.act(Act::Issue);
    assert!(seconds_until_a_token(&cache, &clock, 60).await <= 4);
}
