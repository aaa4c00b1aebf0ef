//! Code of users may call the pool that calls it: no lock of the pool is held meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{IssueRequest, Issued, NewToken, TokenPool, TokenSource};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error, Moment, Sleep};
use line_channel_token_mock::ManualClock;

use crate::pool::id;

/// Longer than any of these tests takes, on any machine.
const DEADLOCK: Duration = Duration::from_secs(30);

/// Uses every shard of the pool's map, for reading and for writing.
#[derive(Clone, Debug, Default)]
struct Callback {
    pool: Arc<OnceLock<TokenPool>>,
    called: Arc<AtomicUsize>,
    running: Arc<Mutex<()>>,
}

impl Callback {
    fn call(&self) {
        let Some(pool) = self.pool.get() else { return };
        // What this calls calls back in turn.
        let Ok(_running) = self.running.try_lock() else { return };
        self.called.fetch_add(1, Ordering::SeqCst);
        for channel in 1000..3000 {
            assert!(!pool.remove(&id(channel)) && pool.status(&id(channel)).is_none());
        }
    }
}

#[derive(Debug)]
struct CallingClock(ManualClock, Callback);

impl Clock for CallingClock {
    fn now(&self) -> Moment {
        self.1.call();
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration)
    }
}

#[derive(Debug)]
struct CallingSource(ManualClock, Callback);

#[async_trait]
impl TokenSource for CallingSource {
    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.1.call();
        let lifetime = Duration::from_secs(900);
        Ok(NewToken::new(AccessToken::new("token")?, self.0.now(), lifetime).into())
    }
}

impl Drop for CallingSource {
    fn drop(&mut self) {
        self.1.call();
    }
}

/// Runs `test` with a pool of two channels that `calling` calls, and fails if it does not end.
fn without_deadlock(callback: &Callback, calling: Calling, test: impl FnOnce(&TokenPool) + Send + 'static) {
    let callback = callback.clone();
    let (ended, end) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let manual = ManualClock::new();
            let none = Callback::default();
            let of = |this: bool| if this { callback.clone() } else { none.clone() };
            let (of_source, of_make) = (of(calling == Calling::Source), of(calling == Calling::Make));
            let of_hook = of(calling == Calling::Hook);
            let clock = CallingClock(manual.clone(), of(calling == Calling::Clock));
            let make = move |_: &ChannelId| {
                of_make.call();
                Ok(CallingSource(manual.clone(), of_source.clone()))
            };
            let pool = TokenPool::builder(make)
                .clock(Arc::new(clock))
                .on_event(move |_, _| of_hook.call())
                .max_capacity(2)
                .build();
            callback.pool.set(pool.clone()).unwrap();
            for channel in 1..=4 {
                pool.token(&id(channel)).await.unwrap();
                pool.token(&id(channel)).await.unwrap();
            }
            test(&pool);
        });
        ended.send(()).unwrap();
    });
    let outcome = end.recv_timeout(DEADLOCK);
    assert_ne!(outcome, Err(mpsc::RecvTimeoutError::Timeout), "a deadlock");
    thread.join().unwrap();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Calling {
    Clock,
    Source,
    Make,
    Hook,
    Nothing,
}

#[test]
fn clocks_sources_and_hooks_may_call_the_pool() {
    for calling in [Calling::Clock, Calling::Source, Calling::Make, Calling::Hook] {
        let callback = Callback::default();
        without_deadlock(&callback, calling, |pool| {
            assert!(pool.with_token(&id(4), |_| ()).is_some());
            assert!(pool.remove(&id(4)));
            assert_eq!(pool.len(), 1);
        });
        assert!(callback.called.load(Ordering::SeqCst) >= 4);
    }
}

#[test]
fn a_borrower_may_remove_what_it_reads() {
    without_deadlock(&Callback::default(), Calling::Nothing, |pool| {
        let lent = pool.with_token(&id(4), |token| {
            assert!(pool.remove(&id(4)) && pool.status(&id(4)).is_none());
            token.header_value().clone()
        });
        assert_eq!(lent.unwrap(), "Bearer token");
        assert!(pool.with_token(&id(4), |_| ()).is_none());
    });
}
