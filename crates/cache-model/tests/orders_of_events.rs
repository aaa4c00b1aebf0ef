//! What holds in every order of events.
//!
//! Each check runs some thousands of schedules, chosen at random and by probabilistic concurrency testing. A failure prints
//! a schedule that `shuttle::replay` runs again.

#![cfg(shuttle)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    CachedToken, IssueRequest, Issued, NewToken, RefreshAhead, RetireReason, Retired, Shutdown, SourcePolicy,
    TokenCache, TokenPool, TokenSource,
};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error};
use line_channel_token_mock::ManualClock;
use shuttle::future::{block_on, spawn, yield_now};

const LIFETIME: Duration = Duration::from_secs(900);
/// Near enough to its end that the next token is fetched in the background.
const ADVISORY: Duration = Duration::from_secs(800);

/// Issues after some turns of others, and does as `act` says of its nth call.
#[derive(Debug)]
struct Source {
    clock: ManualClock,
    calls: AtomicUsize,
    act: fn(usize) -> Act,
}

#[derive(PartialEq)]
enum Act {
    Issue,
    Fail,
    Panic,
}

#[async_trait]
impl TokenSource for Source {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(Duration::ZERO)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = self.clock.now();
        let nth = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        yield_now().await;
        match (self.act)(nth) {
            Act::Issue => Ok(NewToken::new(AccessToken::new(format!("token-{nth}"))?, sent_at, LIFETIME).into()),
            Act::Fail => Err(Error::signing("told to fail")),
            Act::Panic => std::panic::resume_unwind(Box::new("told to panic")),
        }
    }
}

#[derive(Clone)]
struct Scene {
    cache: TokenCache,
    source: Arc<Source>,
    clock: ManualClock,
}

impl Scene {
    fn new(act: fn(usize) -> Act) -> Self {
        let clock = ManualClock::new();
        let source = Arc::new(Source { clock: clock.clone(), calls: AtomicUsize::new(0), act });
        // A timer waits for a clock that nobody moves: the scheduler would take that for a deadlock.
        // Time is moved in leaps, in which no call is to be late.
        let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::OnRead).issue_timeout(LIFETIME);
        Self { cache: builder.clock(Arc::new(clock.clone())).build(), source, clock }
    }

    fn calls(&self) -> usize {
        self.source.calls.load(Ordering::SeqCst)
    }

    fn caller(&self) -> impl Future<Output = Result<Arc<CachedToken>, Error>> + use<> {
        let cache = self.cache.clone();
        let caller = spawn(async move { cache.token().await });
        async move { caller.await.unwrap() }
    }
}

/// Runs a check, which drops its caches at the end, and lets the tasks that end with them end: shuttle ends an execution with
/// the first task, and drops the others where they stand, with locks held.
fn run(check: impl Future<Output = ()> + 'static + Send) {
    block_on(async {
        check.await;
        for _ in 0..300 {
            yield_now().await;
        }
    });
}

fn every_order(check: fn()) {
    shuttle::check_random(check, 3000);
    shuttle::check_pct(check, 3000, 3);
}

#[test]
fn all_callers_share_one_refresh() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            let callers: Vec<_> = (0..4).map(|_| scene.caller()).collect();
            for caller in callers {
                assert_eq!(caller.await.unwrap().access_token().expose_secret(), "token-1");
            }
            assert_eq!(scene.calls(), 1);
        });
    });
}

#[test]
fn all_callers_share_one_error() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Fail);
            let callers: Vec<_> = (0..4).map(|_| scene.caller()).collect();
            for caller in callers {
                assert!(caller.await.unwrap_err().to_string().starts_with("told to fail; try again in "));
            }
            assert_eq!(scene.calls(), 1);
        });
    });
}

#[test]
fn a_cancelled_caller_costs_others_nothing() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            let quitters: Vec<_> = (0..3)
                .map(|polls| {
                    let cache = scene.cache.clone();
                    spawn(async move {
                        let mut call = Box::pin(cache.token());
                        for _ in 0..polls {
                            if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                                return;
                            }
                            yield_now().await;
                        }
                    })
                })
                .collect();
            let others: Vec<_> = (0..2).map(|_| scene.caller()).collect();
            for other in others {
                assert!(other.await.is_ok());
            }
            for quitter in quitters {
                quitter.await.unwrap();
            }
            assert_eq!(scene.calls(), 1);
        });
    });
}

#[test]
fn a_panicking_source_is_an_error() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|nth| if nth == 1 { Act::Panic } else { Act::Issue });
            let callers: Vec<_> = (0..3).map(|_| scene.caller()).collect();
            for caller in callers {
                assert!(caller.await.unwrap_err().to_string().contains("panicked"));
            }
            scene.clock.advance(Duration::from_secs(60));
            let again: Vec<_> = (0..2).map(|_| scene.caller()).collect();
            for caller in again {
                assert_eq!(caller.await.unwrap().access_token().expose_secret(), "token-2");
            }
            assert_eq!(scene.calls(), 2);
        });
    });
}

#[test]
fn one_refresh_replaces_an_aging_token() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            scene.cache.token().await.unwrap();
            scene.clock.advance(ADVISORY);
            let callers: Vec<_> = (0..3).map(|_| scene.caller()).collect();
            for caller in callers {
                assert!(["token-1", "token-2"].contains(&caller.await.unwrap().access_token().expose_secret()));
            }
            // A call that makes no progress while time leaps would be taken for stalled.
            while scene.cache.status().in_flight {
                yield_now().await;
            }
            scene.clock.advance(LIFETIME - ADVISORY);
            assert_eq!(scene.cache.token().await.unwrap().access_token().expose_secret(), "token-2");
            assert_eq!(scene.calls(), 2);
        });
    });
}

#[test]
fn an_invalidation_drops_no_newer_token() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            let first = scene.cache.token().await.unwrap();
            scene.clock.advance(ADVISORY);
            let callers: Vec<_> = (0..2).map(|_| scene.caller()).collect();
            let refused: Vec<_> = (0..2)
                .map(|_| {
                    let (cache, first) = (scene.cache.clone(), first.clone());
                    spawn(async move { cache.invalidate(&first) })
                })
                .collect();
            for caller in callers {
                assert!(caller.await.is_ok());
            }
            for refused in refused {
                refused.await.unwrap();
            }
            assert_eq!(scene.cache.token().await.unwrap().access_token().expose_secret(), "token-2");
            assert_eq!(scene.calls(), 2);
        });
    });
}

#[test]
fn no_call_follows_a_shutdown() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            let callers: Vec<_> = (0..2).map(|_| scene.caller()).collect();
            scene.cache.shutdown(Shutdown::default()).await;
            let calls = scene.calls();
            assert!(!scene.cache.status().in_flight);
            for caller in callers {
                let _ = caller.await;
            }
            assert_eq!(scene.calls(), calls);
        });
    });
}

#[test]
fn with_the_last_handle_everything_goes() {
    every_order(|| {
        run(async {
            let scene = Scene::new(|_| Act::Issue);
            let Scene { cache, source, .. } = scene;
            let handles: Vec<_> = (0..2)
                .map(|_| {
                    let cache = cache.clone();
                    spawn(async move {
                        let mut call = Box::pin(cache.token());
                        let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    })
                })
                .collect();
            drop(cache);
            for handle in handles {
                handle.await.unwrap();
            }
            // The refresh's task may take some turns to see that it was ended.
            for _ in 0..200 {
                yield_now().await;
            }
            assert_eq!(Arc::strong_count(&source), 1, "a task or a handle is left");
        });
    });
}

#[test]
fn every_background_refresh_runs_once() {
    every_order(|| {
        run(async {
            let clock = ManualClock::new();
            let source = Arc::new(Source { clock: clock.clone(), calls: AtomicUsize::new(0), act: |_| Act::Issue });
            let shared = source.clone();
            let pool = TokenPool::builder(move |_| Ok(shared.clone()))
                .refresh_ahead(RefreshAhead::OnRead)
                .issue_timeout(LIFETIME);
            let pool = pool.clock(Arc::new(clock.clone())).max_concurrent_issues(2).build();
            let channels = [1, 2, 3].map(|id| ChannelId::new(id.to_string()).unwrap());
            for channel in &channels {
                pool.token(channel).await.unwrap();
            }
            clock.advance(ADVISORY);
            let callers: Vec<_> = (0..2)
                .flat_map(|_| channels.clone())
                .map(|channel| {
                    let pool = pool.clone();
                    spawn(async move { pool.token(&channel).await.map(drop) })
                })
                .collect();
            for caller in callers {
                caller.await.unwrap().unwrap();
            }
            for _ in 0..10_000 {
                yield_now().await;
            }
            assert_eq!(source.calls.load(Ordering::SeqCst), 6);
        });
    });
}

/// Issues and revokes, and counts the tokens that are there.
#[derive(Debug)]
struct Rotating {
    clock: ManualClock,
    issued: AtomicUsize,
    live: Mutex<HashSet<String>>,
    most: AtomicUsize,
}

#[async_trait]
impl TokenSource for Rotating {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(Duration::ZERO).with_revoke_previous_after(Duration::from_secs(60))
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = self.clock.now();
        yield_now().await;
        let token = format!("token-{}", self.issued.fetch_add(1, Ordering::SeqCst));
        let mut live = self.live.lock().unwrap();
        live.insert(token.clone());
        self.most.fetch_max(live.len(), Ordering::SeqCst);
        Ok(NewToken::new(AccessToken::new(token)?, sent_at, LIFETIME).into())
    }

    async fn retire(&self, token: &NewToken, _reason: RetireReason) -> Result<Retired, Error> {
        yield_now().await;
        // LINE takes the second revocation of a token for a success too.
        self.live.lock().unwrap().remove(token.access_token().expose_secret());
        Ok(Retired::Revoked)
    }
}

#[test]
fn a_channel_never_holds_a_third_token() {
    every_order(|| {
        run(async {
            let clock = ManualClock::new();
            let (issued, live, most) = (AtomicUsize::new(0), Mutex::default(), AtomicUsize::new(0));
            let source = Arc::new(Rotating { clock: clock.clone(), issued, live, most });
            let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::OnRead);
            let cache = builder.clock(Arc::new(clock.clone())).build();
            let refusing: Vec<_> = (0..3)
                .map(|_| {
                    let (cache, clock) = (cache.clone(), clock.clone());
                    spawn(async move {
                        for _ in 0..2 {
                            let token = cache.token().await.unwrap();
                            cache.invalidate(&token);
                            // The timer revokes it, unless a refresh does first.
                            clock.advance(Duration::from_millis(10));
                        }
                    })
                })
                .collect();
            for refusing in refusing {
                refusing.await.unwrap();
            }
            cache.token().await.unwrap();
            cache.shutdown(Shutdown::default()).await;
            assert!(source.most.load(Ordering::SeqCst) <= 2, "{source:?}");
            assert_eq!(source.live.lock().unwrap().len(), 1, "the current one is left");
        });
    });
}

#[test]
fn an_idle_cache_refreshes_in_the_background() {
    every_order(|| {
        run(async {
            let clock = ManualClock::new();
            let source = Arc::new(Source { clock: clock.clone(), calls: AtomicUsize::new(0), act: |_| Act::Issue });
            let builder =
                TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::Always).issue_timeout(LIFETIME);
            let cache = builder.clock(Arc::new(clock.clone())).build();
            cache.token().await.unwrap();
            clock.advance(ADVISORY);
            // Callers get in the way of the timer.
            let callers: Vec<_> = (0..2)
                .map(|_| {
                    let cache = cache.clone();
                    spawn(async move { cache.token().await.map(drop) })
                })
                .collect();
            while source.calls.load(Ordering::SeqCst) < 2 || cache.status().in_flight {
                yield_now().await;
            }
            for caller in callers {
                caller.await.unwrap().unwrap();
            }
            clock.advance(LIFETIME - ADVISORY);
            assert_eq!(cache.with_token(|token| token.access_token().expose_secret() == "token-2"), Some(true));
            assert_eq!(source.calls.load(Ordering::SeqCst), 2);
        });
    });
}

/// Never responds to its first call.
#[derive(Debug)]
struct Hung {
    clock: ManualClock,
    calls: AtomicUsize,
}

#[async_trait]
impl TokenSource for Hung {
    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = self.clock.now();
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(NewToken::new(AccessToken::new("token")?, sent_at, LIFETIME).into())
    }
}

#[test]
fn a_hanging_call_ends_at_its_deadline() {
    // Not by PCT: it starves others while one task waits in a loop, as time does here.
    let check = || {
        run(async {
            let clock = ManualClock::new();
            let source = Arc::new(Hung { clock: clock.clone(), calls: AtomicUsize::new(0) });
            let builder = TokenCache::builder(source.clone()).refresh_ahead(RefreshAhead::OnRead);
            let cache = builder.clock(Arc::new(clock.clone())).build();
            let callers: Vec<_> = (0..2)
                .map(|_| {
                    let cache = cache.clone();
                    spawn(async move {
                        while cache.token().await.is_err() {
                            yield_now().await;
                        }
                    })
                })
                .collect();
            // Time passes in steps, as it does, until everybody has a token.
            while callers.iter().any(|caller| !caller.is_finished()) {
                clock.advance(Duration::from_millis(500));
                yield_now().await;
            }
            drop(cache);
            while Arc::strong_count(&source) > 1 {
                yield_now().await;
            }
        });
    };
    shuttle::check_random(check, 3000);
}
