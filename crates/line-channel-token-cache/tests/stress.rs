//! Random calls from several runtimes, of sources that fail, hang and panic, with a hook that calls back into the pool.
//!
//! It runs for ten seconds, or for as many as the variable `STRESS_SECONDS` says (`cargo xtask stress SECONDS`). The clock runs
//! faster than the machine's, so that tokens expire often.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_cache::{
    IssueBudget, IssueRequest, Issued, NewToken, RefreshAhead, RetireReason, Retired, Shutdown, SourcePolicy,
    TokenPool, TokenSource,
};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, Sent, TokenKeyId};
use line_channel_token_mock::ManualClock;

const LIFETIME: Duration = Duration::from_secs(15);
const CHANNELS: usize = 24;
/// Real time in which a caller must have an outcome. Calls to sources end after ten seconds of the clock, a second of ours.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the sources and the callers have seen.
#[derive(Debug, Default)]
struct World {
    calm: AtomicBool,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    issues: AtomicUsize,
    served: AtomicUsize,
    expired: AtomicUsize,
}

#[derive(Debug)]
struct Source {
    world: Arc<World>,
    budget: bool,
    revokes: bool,
}

/// Counts a call until it ends, in whatever way.
struct Counted<'a>(&'a World);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}

#[async_trait]
impl TokenSource for Source {
    fn policy(&self) -> SourcePolicy {
        let mut policy = SourcePolicy::new().with_min_interval(Duration::from_millis(500));
        if self.budget {
            policy = policy.with_budget(IssueBudget::new(4, LIFETIME).unwrap());
        }
        if self.revokes {
            policy = policy.with_revoke_previous_after(Duration::from_secs(2));
        }
        policy
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let world = &*self.world;
        let sent_at = request.clock().now();
        let nth = world.issues.fetch_add(1, SeqCst);
        let in_flight = world.in_flight.fetch_add(1, SeqCst) + 1;
        let _counted = Counted(world);
        world.most_in_flight.fetch_max(in_flight, SeqCst);
        let what = if world.calm.load(SeqCst) { 100 } else { fastrand::u32(0..24) };
        for _ in 0..fastrand::u32(0..6) {
            tokio::task::yield_now().await;
        }
        let token = || AccessToken::new(format!("token-{nth}"));
        match what {
            0 => std::future::pending().await,
            1 => request.clock().background_sleep(Duration::from_secs(fastrand::u64(0..5))).await,
            2 => tokio::time::sleep(Duration::from_millis(1)).await,
            3 => return Err(Error::signing("told to")),
            4 => return Err(Error::transient("told to")),
            5 => return Err(Error::transient("told to").with_sent(Sent::Unknown)),
            6 => std::panic::resume_unwind(Box::new("told to")),
            7 => return Ok(NewToken::new(token()?, sent_at, Duration::ZERO).into()),
            8 => return Ok(Issued::Keep { ask_again_in: Duration::from_secs(2) }),
            9 => return Ok(Issued::Adopted(NewToken::new(token()?, sent_at, LIFETIME / 2))),
            _ => {}
        }
        Ok(NewToken::new(token()?, sent_at, LIFETIME).into())
    }

    async fn retire(&self, _token: &NewToken, _reason: RetireReason) -> Result<Retired, Error> {
        tokio::task::yield_now().await;
        match fastrand::u32(0..8) {
            0 if !self.world.calm.load(SeqCst) => std::panic::resume_unwind(Box::new("told to")),
            1 if !self.world.calm.load(SeqCst) => Err(Error::transient("told to")),
            2 => Ok(Retired::LeftToExpire),
            _ => Ok(Retired::Revoked),
        }
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        tokio::task::yield_now().await;
        match fastrand::u32(0..4) {
            0 if !self.world.calm.load(SeqCst) => Err(Error::transient("told to")),
            1 => Ok(Some(Vec::new())),
            _ => Ok(None),
        }
    }
}

fn id(id: usize) -> ChannelId {
    ChannelId::new(id.to_string()).unwrap()
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    budget: bool,
    revokes: bool,
    removes: bool,
    max_concurrent_issues: usize,
    max_capacity: usize,
}

/// One caller's random calls until `until`.
async fn call_at_random(pool: TokenPool, clock: ManualClock, world: Arc<World>, setting: Setting, until: Instant) {
    let mut last = None;
    while !is_over(until) {
        let number = fastrand::usize(0..CHANNELS);
        let channel = id(number);
        let before = clock.now();
        let check = |remaining: Duration| {
            world.served.fetch_add(1, SeqCst);
            world.expired.fetch_add(usize::from(remaining.is_zero()), SeqCst);
        };
        match fastrand::u32(0..14) {
            0..=4 => match tokio::time::timeout(PATIENCE, pool.token(&channel)).await.expect("a caller hangs") {
                Ok(token) => {
                    check(token.remaining(before));
                    last = Some((number, token));
                }
                Err(_) => tokio::task::yield_now().await,
            },
            5 => {
                let mut call = Box::pin(pool.token(&channel));
                for _ in 0..fastrand::u32(0..5) {
                    if (&mut call).now_or_never().is_some() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            6 => {
                pool.with_token(&channel, |token| check(token.remaining(before)));
            }
            7 => {
                if let Some((number, token)) = last.take() {
                    pool.invalidate(&id(number), &token);
                }
            }
            8 if setting.removes => {
                pool.remove(&channel);
            }
            9 => {
                let _ = pool.reconcile(&channel).await;
            }
            10 => {
                let _ = pool.reload_source(&channel);
            }
            11 => {
                let ttl = Duration::from_secs(fastrand::u64(0..70));
                let _ = tokio::time::timeout(PATIENCE, pool.token_with_min_ttl(&channel, ttl)).await.expect("it hangs");
            }
            12 => {
                let _ = pool.warm_up_in_background(&channel);
            }
            _ => {
                let _ = pool.status(&channel);
                tokio::task::yield_now().await;
            }
        }
        assert!(pool.len() <= setting.max_capacity, "{} channels", pool.len());
    }
}

#[expect(clippy::disallowed_methods, reason = "the test itself runs for some real time")]
fn is_over(until: Instant) -> bool {
    Instant::now() >= until
}

fn run(setting: Setting, time: Duration) {
    let (world, clock) = (Arc::new(World::default()), ManualClock::new());
    let multi_thread = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let runtime = multi_thread();
    let reentrant: Arc<Mutex<Weak<TokenPool>>> = Arc::default();
    let (hooked, seen) = (reentrant.clone(), world.clone());
    let pool = TokenPool::builder(move |_: &ChannelId| {
        Ok(Source { world: seen.clone(), budget: setting.budget, revokes: setting.revokes })
    });
    let pool = pool
        .clock(Arc::new(clock.clone()))
        .max_concurrent_issues(setting.max_concurrent_issues)
        .max_capacity(setting.max_capacity)
        .refresh_ahead(RefreshAhead::Always)
        .issue_timeout(Duration::from_secs(10))
        .on_event(move |channel, _| {
            let Some(pool) = hooked.lock().unwrap().upgrade() else { return };
            match fastrand::u32(0..40) {
                0 => drop(pool.status(channel)),
                1 => drop(pool.with_token(channel, |_| ())),
                2 if setting.removes => drop(pool.remove(channel)),
                3 => std::panic::resume_unwind(Box::new("a hook panics")),
                _ => {}
            }
        })
        .build();
    let shared = Arc::new(pool.clone());
    *reentrant.lock().unwrap() = Arc::downgrade(&shared);

    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, ticking) = (stop.clone(), clock.clone());
    let ticker = thread::spawn(move || {
        while !stopped.load(SeqCst) {
            ticking.advance(Duration::from_millis(20));
            real_sleep(Duration::from_millis(2));
        }
    });
    #[expect(clippy::disallowed_methods, reason = "the test itself runs for some real time")]
    let until = Instant::now() + time;
    let caller = || call_at_random(pool.clone(), clock.clone(), world.clone(), setting, until);
    let callers: Vec<_> = (0..24).map(|_| runtime.spawn(caller())).collect();
    // Runtimes that come and go, with calls of theirs in flight.
    while !is_over(until) {
        let passing = multi_thread();
        for _ in 0..4 {
            passing.spawn(caller());
        }
        real_sleep(Duration::from_millis(fastrand::u64(20..200)));
        passing.shutdown_background();
    }
    runtime.block_on(async {
        for caller in callers {
            caller.await.unwrap();
        }
    });

    // Once the world is calm, every channel has a token soon.
    world.calm.store(true, SeqCst);
    runtime.block_on(async {
        for channel in 0..CHANNELS {
            let calm_since = clock.now();
            while let Err(error) = pool.token(&id(channel)).await {
                assert!(clock.now().since(calm_since) < Duration::from_secs(700), "channel {channel}: {error}");
                clock.advance(Duration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let report = pool.shutdown(Shutdown::within(Duration::from_secs(60)).revoking_current());
        tokio::time::timeout(PATIENCE, report).await.expect("the shutdown hangs");
    });
    drop(shared);
    drop(pool);
    runtime.block_on(async {
        for _ in 0..200 {
            if Arc::strong_count(&world) == 1 && runtime_tasks() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!((Arc::strong_count(&world), runtime_tasks()), (1, 0), "sources or tasks are left");
    });
    stop.store(true, SeqCst);
    ticker.join().unwrap();
    println!("{setting:?}: {world:?}");
    assert_eq!(world.expired.load(SeqCst), 0, "expired tokens were served");
    assert!(world.served.load(SeqCst) > 10, "it did work");
    assert!(world.most_in_flight.load(SeqCst) <= setting.max_concurrent_issues, "{world:?}");
}

fn runtime_tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[test]
fn invariants_hold_under_random_events() {
    let seconds = std::env::var("STRESS_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(10);
    let settings = [
        (false, false, false, 3, 100),
        (true, false, false, 3, 100),
        (true, true, false, 3, 8),
        (true, true, true, 2, 8),
        (false, true, true, 1, 100),
    ];
    let time = Duration::from_secs(seconds) / u32::try_from(settings.len()).unwrap();
    for (budget, revokes, removes, max_concurrent_issues, max_capacity) in settings {
        run(Setting { budget, revokes, removes, max_concurrent_issues, max_capacity }, time);
    }
}

#[expect(clippy::disallowed_methods, reason = "it paces the clock that everything else is given")]
fn real_sleep(time: Duration) {
    thread::sleep(time);
}
