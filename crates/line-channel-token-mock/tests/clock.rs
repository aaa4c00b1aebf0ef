//! The clock that a test moves, under several executors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::FutureExt;
use line_channel_token_core::{ChannelId, ChannelSecret, Clock, Operation};
use line_channel_token_mock::{ManualClock, MockBackend, Reply};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_sleep_ends_at_its_time() {
    let clock = ManualClock::new();
    let mut sleep = clock.sleep(3 * SECOND);
    assert!(sleep.as_mut().now_or_never().is_none());
    clock.advance(2 * SECOND);
    assert!(sleep.as_mut().now_or_never().is_none());
    clock.advance(SECOND);
    assert!(sleep.now_or_never().is_some());
    assert_eq!((clock.recorded_sleeps(), clock.pending_sleeps()), (vec![3 * SECOND], 0));
}

#[tokio::test]
async fn an_auto_advancing_clock_lets_others_run() {
    let clock = ManualClock::auto_advancing();
    let turns = Arc::new(AtomicUsize::new(0));
    let task_clock = clock.clone();
    let counted = turns.clone();
    let refresher = tokio::spawn(async move {
        loop {
            task_clock.sleep(600 * SECOND).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    refresher.abort();
    let turns = turns.load(Ordering::SeqCst);
    assert!((1..=2000).contains(&turns), "{turns} turns while ten were yielded");
}

#[test]
fn a_sleep_without_a_poll_advances_nothing() {
    let clock = ManualClock::auto_advancing();
    drop(clock.sleep(SECOND));
    assert!(clock.now().monotonic.is_zero() && clock.recorded_sleeps().is_empty());
    block_on(clock.sleep(SECOND));
    assert_eq!((clock.now().monotonic, clock.recorded_sleeps()), (SECOND, vec![SECOND]));
}

#[test]
fn a_dropped_sleep_is_not_pending() {
    let clock = ManualClock::new();
    let mut sleep = clock.sleep(SECOND);
    assert!(sleep.as_mut().now_or_never().is_none());
    assert_eq!(clock.pending_sleeps(), 1);
    drop(sleep);
    assert_eq!(clock.pending_sleeps(), 0);
}

#[test]
fn suspension_moves_both_clocks() {
    let clock = ManualClock::new();
    let start = clock.now();
    clock.suspend(3600 * SECOND);
    assert_eq!(clock.now().monotonic, start.monotonic + 3600 * SECOND);
    assert_eq!(clock.now().unix, start.unix + 3600 * SECOND);
    clock.set_unix_time(start.unix - 86_400 * SECOND);
    clock.advance(5 * SECOND);
    assert_eq!(clock.now().since(start), 3605 * SECOND);
}

#[test]
fn suspension_shortens_no_sleep() {
    let clock = ManualClock::new();
    let mut begun_before = clock.sleep(60 * SECOND);
    let mut background = clock.background_sleep(60 * SECOND);
    assert!(begun_before.as_mut().now_or_never().is_none() && background.as_mut().now_or_never().is_none());
    clock.suspend(3600 * SECOND);
    let mut begun_after = clock.sleep(60 * SECOND);
    for sleep in [&mut begun_before, &mut background, &mut begun_after] {
        assert!(sleep.as_mut().now_or_never().is_none());
    }
    clock.advance(59 * SECOND);
    clock.set_unix_time(clock.now().unix + 60 * SECOND);
    assert!(begun_before.as_mut().now_or_never().is_none());
    clock.advance(SECOND);
    for sleep in [begun_before, background, begun_after] {
        assert!(sleep.now_or_never().is_some());
    }
    assert_eq!(clock.now().monotonic, 3660 * SECOND);
}

#[test]
fn sleepers_on_other_threads_wake_up() {
    let clock = ManualClock::new();
    let waiting: Vec<_> = (1..=8)
        .map(|nth| {
            let clock = clock.clone();
            thread::spawn(move || {
                block_on(clock.sleep(nth * SECOND));
                clock.now().monotonic
            })
        })
        .collect();
    block_on(clock.wait_for_sleepers(8));
    clock.advance(8 * SECOND);
    for waiter in waiting {
        assert_eq!(waiter.join().unwrap(), 8 * SECOND);
    }
}

async fn a_client_retries_when_the_clock_is_moved() {
    let line = MockBackend::from_clock(ManualClock::new());
    line.given(Operation::IssueStateless).expect(2).respond(Reply::bad_gateway().then(Reply::stateless_token("t")));
    let client = line.client();
    let clock = line.clock().clone();
    let call = tokio::spawn(async move {
        client.issue_stateless(&ChannelId::new("1").unwrap(), &ChannelSecret::new("s").unwrap()).await
    });
    clock.wait_for_sleepers(1).await;
    assert_eq!(line.received_requests().len(), 1);
    clock.advance(SECOND);
    let token = call.await.unwrap().unwrap();
    assert_eq!(token.sent_at().monotonic, SECOND);
    line.verify();
}

#[tokio::test]
async fn retries_follow_it_under_tokio() {
    a_client_retries_when_the_clock_is_moved().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_follow_it_on_several_threads() {
    a_client_retries_when_the_clock_is_moved().await;
}

#[tokio::test(start_paused = true)]
async fn retries_follow_it_in_paused_time() {
    let before = tokio_now();
    a_client_retries_when_the_clock_is_moved().await;
    assert_eq!(before, tokio_now(), "tokio's own time did not move");
}

#[test]
fn many_threads_share_one_mock() {
    let line = MockBackend::new();
    let rule = line.given(Operation::IssueStateless).expect(400).respond(Reply::stateless_token("t"));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = line.client();
                let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s").unwrap());
                for _ in 0..50 {
                    block_on(client.issue_stateless(&id, &secret)).unwrap();
                }
            });
        }
    });
    assert_eq!(rule.calls(), 400);
    line.verify();
}

fn tokio_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[test]
fn a_background_sleep_advances_nothing() {
    for clock in [ManualClock::new(), ManualClock::auto_advancing()] {
        let mut background = clock.background_sleep(Duration::from_secs(60));
        for _ in 0..3 {
            assert!(background.as_mut().now_or_never().is_none());
        }
        assert_eq!((clock.pending_sleeps(), clock.recorded_sleeps().len()), (0, 0), "it is not counted");
        clock.advance(Duration::from_secs(60));
        assert!(background.as_mut().now_or_never().is_some());
    }
}
