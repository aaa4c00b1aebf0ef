//! What a source is asked, and what it may return.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenCache, TokenSource,
};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, Moment, Sleep, SystemClock, TokenKeyId};
use line_channel_token_mock::ManualClock;

use crate::support::{Act, Events, SECOND, Source, pass, settle};

fn token(text: &str) -> AccessToken {
    AccessToken::new(text).unwrap()
}

#[tokio::test]
async fn a_request_says_why_and_what_it_replaces() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let cache = source.cache(&clock);
    cache.token().await.unwrap();
    clock.advance(890 * SECOND);
    cache.token().await.unwrap();
    let second = cache.token().await.unwrap();
    cache.invalidate(&second);
    cache.token().await.unwrap();
    clock.advance(1000 * SECOND);
    cache.token().await.unwrap();
    let requests = source.requests.lock().unwrap().clone();
    assert_eq!(requests, ["Cold nothing", "Ahead token-1", "Refused token-2", "Cold token-3"]);
}

#[tokio::test]
async fn adopted_tokens_take_no_slot() {
    let clock = ManualClock::new();
    let policy = SourcePolicy::new()
        .with_budget(line_channel_token_cache::IssueBudget::new(2, Duration::from_secs(2_592_000)).unwrap());
    let source = Arc::new(Source::new(policy));
    let adopted = NewToken::from_remaining(token("shared"), clock.now(), 100 * SECOND)
        .with_key_id(TokenKeyId::new("key").unwrap());
    assert_eq!(adopted.key_id().map(|id| id.as_str()), Some("key"));
    assert_eq!((adopted.sent_at(), adopted.lifetime()), (clock.now(), Some(100 * SECOND)));
    source.act(Act::Return(Issued::Adopted(adopted)));
    let cache = source.cache(&clock);
    let held = cache.token().await.unwrap();
    assert_eq!((held.access_token().expose_secret(), cache.status().slots_used), ("shared", 0));
    assert_eq!(held.remaining(clock.now()), 100 * SECOND);
}

#[tokio::test]
async fn keep_is_no_failure() {
    let (clock, source, events) = (ManualClock::new(), Arc::new(Source::quick()), Events::default());
    let cache = TokenCache::builder(source.clone()).clock(Arc::new(clock.clone())).on_event(events.hook()).build();
    let first = cache.token().await.unwrap();
    source.act(Act::Return(Issued::Keep { ask_again_in: 10 * SECOND }));
    clock.advance(800 * SECOND);
    cache.token().await.unwrap();
    settle().await;
    assert_eq!(source.calls(), 2);
    for _ in 0..9 {
        assert!(Arc::ptr_eq(&first, &cache.token().await.unwrap()));
        pass(&clock, SECOND).await;
    }
    assert_eq!(source.calls(), 2, "ten seconds are not over");
    pass(&clock, 3 * SECOND).await;
    assert_eq!(source.calls(), 3);
    assert_eq!((events.count("RefreshFailed"), cache.status().last_error.is_none()), (0, true));
    clock.advance(100 * SECOND);
    let error = cache.token().await.unwrap_err();
    assert!(error.to_string().contains("keep the present token"), "{error}");
    assert_eq!(error.retry_after(), Some(10 * SECOND));
}

/// Passes everything on, and adds its mark to each token.
#[derive(Debug)]
struct Marked(Arc<Source>);

#[async_trait]
impl TokenSource for Marked {
    fn policy(&self) -> SourcePolicy {
        self.0.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        match self.0.issue(request).await? {
            Issued::New(new) => {
                let marked = token(&format!("marked-{}", new.access_token().expose_secret()));
                Ok(NewToken::new(marked, new.sent_at(), new.lifetime().unwrap()).into())
            }
            other => Ok(other),
        }
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.0.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.0.key_ids().await
    }
}

#[tokio::test]
async fn a_wrapping_source_delegates_four_methods() {
    let clock = ManualClock::new();
    let policy = SourcePolicy::new().with_min_interval(SECOND).with_revoke_previous_after(5 * SECOND);
    let inner = Arc::new(Source::new(policy));
    let cache = TokenCache::builder(Marked(inner.clone())).clock(Arc::new(clock.clone())).build();
    assert_eq!(cache.token().await.unwrap().access_token().expose_secret(), "marked-token-1");
    clock.advance(890 * SECOND);
    assert_eq!(cache.token().await.unwrap().access_token().expose_secret(), "marked-token-2");
    pass(&clock, 7 * SECOND).await;
    assert_eq!(inner.retired(), [("marked-token-1".to_owned(), RetireReason::Replaced)]);
    let requests = inner.requests.lock().unwrap().clone();
    assert_eq!(requests, ["Cold nothing", "Ahead marked-token-1"]);
}

#[tokio::test]
async fn a_foreign_clock_is_named() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    clock.advance(Duration::from_secs(100_000));
    // Counted from the start of the source instead.
    let sent_at = Moment { monotonic: SECOND, unix: clock.now().unix };
    source.act(Act::Return(NewToken::new(token("t"), sent_at, 900 * SECOND).into()));
    let error = source.cache(&clock).token().await.unwrap_err();
    assert!(error.to_string().contains("of another clock"), "{error}");
    source.act(Act::Return(NewToken::new(token("t"), clock.now(), Duration::ZERO).into()));
    let error = source.cache(&clock).token().await.unwrap_err();
    assert!(error.to_string().contains("expired before it could be returned"), "{error}");
}

/// A clock that can be told to panic.
#[derive(Debug)]
struct Fragile(ManualClock, std::sync::atomic::AtomicUsize);

impl Clock for Fragile {
    fn now(&self) -> Moment {
        let left = self.1.load(std::sync::atomic::Ordering::SeqCst);
        if left > 0 {
            self.1.store(left - 1, std::sync::atomic::Ordering::SeqCst);
            assert!(left != 1, "the clock was told to panic");
        }
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration)
    }

    fn background_sleep(&self, duration: Duration) -> Sleep {
        self.0.background_sleep(duration)
    }
}

#[tokio::test]
async fn a_panicking_clock_poisons_nothing() {
    for nth in 1..30 {
        let clock = Arc::new(Fragile(ManualClock::new(), std::sync::atomic::AtomicUsize::new(0)));
        let source = Arc::new(Source::quick());
        let cache = TokenCache::builder(source.clone()).clock(clock.clone()).build();
        clock.1.store(nth, std::sync::atomic::Ordering::SeqCst);
        for _ in 0..3 {
            let cache = cache.clone();
            let _ = tokio::spawn(async move { cache.token().await.map(drop) }).await;
        }
        clock.1.store(0, std::sync::atomic::Ordering::SeqCst);
        clock.0.advance(40 * SECOND);
        settle().await;
        cache.token().await.unwrap();
    }
}

/// Calls the cache from within its policy.
#[derive(Debug)]
struct Curious(std::sync::OnceLock<TokenCache>);

#[async_trait]
impl TokenSource for Curious {
    fn policy(&self) -> SourcePolicy {
        if let Some(cache) = self.0.get() {
            let _ = cache.status();
        }
        SourcePolicy::new().with_channel_id(ChannelId::new("1").unwrap())
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        if let Some(cache) = self.0.get() {
            let _ = cache.status();
            cache.with_token(|_| ());
        }
        Ok(NewToken::new(token("t"), request.clock().now(), 900 * SECOND).into())
    }
}

#[tokio::test]
async fn a_source_may_call_its_own_cache() {
    let source = Arc::new(Curious(std::sync::OnceLock::new()));
    let cache = TokenCache::new(source.clone());
    source.0.set(cache.clone()).unwrap();
    cache.token().await.unwrap();
    assert!(cache.status().is_ready());
    let _ = SystemClock;
}

/// The machine's clock without a thread for its timers: each sleep is over at once.
#[derive(Debug)]
struct WithoutTimers;

impl Clock for WithoutTimers {
    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_sleepless_clock_blocks_no_source() {
    #[derive(Debug)]
    struct Slow;

    #[async_trait]
    impl TokenSource for Slow {
        async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
            let sent_at = request.clock().now();
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(NewToken::new(token("t"), sent_at, 900 * SECOND).into())
        }
    }

    let cache = TokenCache::builder(Slow).clock(Arc::new(WithoutTimers)).build();
    cache.token().await.unwrap();
}

#[tokio::test]
async fn keep_ends_with_the_expiry() {
    let (clock, source) = (ManualClock::new(), Arc::new(Source::quick()));
    let cache = source.cache(&clock);
    cache.token().await.unwrap();
    source.act(Act::Return(Issued::Keep { ask_again_in: Duration::from_secs(86_400) }));
    clock.advance(800 * SECOND);
    cache.token().await.unwrap();
    settle().await;
    source.act(Act::Issue);
    clock.advance(101 * SECOND);
    assert!(cache.token().await.is_ok(), "the token has expired, so there is nothing to keep");
}

#[tokio::test]
async fn adopted_tokens_are_left_to_others() {
    let clock = ManualClock::new();
    let policy = SourcePolicy::new().with_min_interval(SECOND).with_revoke_previous_after(SECOND);
    let source = Arc::new(Source::new(policy));
    let cache = source.cache(&clock);
    let shared = |text: &str| Act::Return(Issued::Adopted(NewToken::new(token(text), clock.now(), 900 * SECOND)));
    source.act(shared("one"));
    cache.token().await.unwrap();
    clock.advance(890 * SECOND);
    source.act(shared("two"));
    let two = cache.token().await.unwrap();
    pass(&clock, 5 * SECOND).await;
    assert!(source.retired().is_empty(), "replaced");
    cache.invalidate(&two);
    pass(&clock, 2 * SECOND).await;
    assert_eq!(source.retired(), [("two".to_owned(), RetireReason::Refused)]);
    source.act(shared("three"));
    cache.token().await.unwrap();
    let report = cache.shutdown(line_channel_token_cache::Shutdown::default().revoking_current()).await;
    assert_eq!((report.revoked, report.left_to_expire, source.retired().len()), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_are_polled_three_times_at_most() {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::{Context, Poll};

    /// Many steps, as a call over a network has.
    #[derive(Debug)]
    struct Steps;

    #[async_trait]
    impl TokenSource for Steps {
        async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
            let sent_at = request.clock().now();
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(NewToken::new(token("t"), sent_at, 900 * SECOND).into())
        }
    }

    struct Counted<F>(F, Arc<AtomicUsize>);

    impl<F: Future + Unpin> Future for Counted<F> {
        type Output = F::Output;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
            self.1.fetch_add(1, SeqCst);
            Pin::new(&mut self.0).poll(context)
        }
    }

    let (cache, polls) = (TokenCache::builder(Steps).clock(Arc::new(ManualClock::new())).build(), Arc::default());
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let (cache, polls) = (cache.clone(), Arc::clone(&polls));
            tokio::spawn(async move { Counted(Box::pin(cache.token()), polls).await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert!(polls.load(SeqCst) <= 30_000, "{} polls", polls.load(SeqCst));
}
