//! The clock that is moved by hand, under several executors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::FutureExt;
use line_channel_token_core::{ChannelId, ChannelSecret, Clock, Operation};
use line_channel_token_mock::{ManualClock, MockBackend, Reply};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_wait_is_over_when_the_clock_shows_its_time_and_not_before() {
    let clock = ManualClock::new();
    let mut wait = clock.sleep(3 * SECOND);
    assert!(wait.as_mut().now_or_never().is_none());
    clock.advance(2 * SECOND);
    assert!(wait.as_mut().now_or_never().is_none());
    clock.advance(SECOND);
    assert!(wait.now_or_never().is_some());
    assert_eq!((clock.recorded_sleeps(), clock.pending_sleeps()), (vec![3 * SECOND], 0));
}

#[tokio::test]
async fn a_clock_that_leaps_lets_others_have_their_turn() {
    let clock = ManualClock::auto_advancing();
    let (auto_advancing, turns) = (clock.clone(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let counted = turns.clone();
    let refresher = tokio::spawn(async move {
        loop {
            auto_advancing.sleep(600 * SECOND).await;
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    refresher.abort();
    let turns = turns.load(std::sync::atomic::Ordering::SeqCst);
    assert!((1..=2000).contains(&turns), "{turns} turns while ten were yielded");
}

#[test]
fn a_wait_that_is_never_polled_does_not_move_a_leaping_clock() {
    let clock = ManualClock::auto_advancing();
    drop(clock.sleep(SECOND));
    assert!(clock.now().monotonic.is_zero() && clock.recorded_sleeps().is_empty());
    block_on(clock.sleep(SECOND));
    assert_eq!((clock.now().monotonic, clock.recorded_sleeps()), (SECOND, vec![SECOND]));
}

#[test]
fn a_dropped_wait_is_forgotten() {
    let clock = ManualClock::new();
    let mut wait = clock.sleep(SECOND);
    assert!(wait.as_mut().now_or_never().is_none());
    assert_eq!(clock.pending_sleeps(), 1);
    drop(wait);
    assert_eq!(clock.pending_sleeps(), 0);
}

#[test]
fn suspension_counts_on_both_clocks_and_a_calendar_set_back_on_one() {
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
fn suspension_brings_no_wait_nearer_to_its_end() {
    let clock = ManualClock::new();
    let mut begun_before = clock.sleep(60 * SECOND);
    let mut nap = clock.nap(60 * SECOND);
    assert!(begun_before.as_mut().now_or_never().is_none() && nap.as_mut().now_or_never().is_none());
    clock.suspend(3600 * SECOND);
    let mut begun_after = clock.sleep(60 * SECOND);
    for wait in [&mut begun_before, &mut nap, &mut begun_after] {
        assert!(wait.as_mut().now_or_never().is_none());
    }
    clock.advance(59 * SECOND);
    clock.set_unix_time(clock.now().unix + 60 * SECOND);
    assert!(begun_before.as_mut().now_or_never().is_none());
    clock.advance(SECOND);
    for wait in [begun_before, nap, begun_after] {
        assert!(wait.now_or_never().is_some());
    }
    assert_eq!(clock.now().monotonic, 3660 * SECOND);
}

#[test]
fn it_wakes_waiters_on_other_threads_without_a_runtime() {
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
    line.given(Operation::IssueStateless).times(2).respond(Reply::bad_gateway().then(Reply::stateless_token("t")));
    let (client, clock) = (line.client(), line.clock().clone());
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
async fn it_drives_a_clients_retries_under_tokio() {
    a_client_retries_when_the_clock_is_moved().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_drives_a_clients_retries_under_tokio_with_several_threads() {
    a_client_retries_when_the_clock_is_moved().await;
}

#[tokio::test(start_paused = true)]
async fn it_drives_a_clients_retries_under_tokio_with_paused_time() {
    let before = tokio_now();
    a_client_retries_when_the_clock_is_moved().await;
    assert_eq!(before, tokio_now(), "tokio's own time did not move");
}

#[test]
fn many_threads_share_one_mock_without_tokio() {
    let line = MockBackend::new();
    let rule = line.given(Operation::IssueStateless).times(400).respond(Reply::stateless_token("t"));
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
fn a_nap_moves_no_clock_and_ends_when_it_is_moved() {
    for clock in [ManualClock::new(), ManualClock::auto_advancing()] {
        let mut nap = clock.nap(Duration::from_secs(60));
        for _ in 0..3 {
            assert!(nap.as_mut().now_or_never().is_none());
        }
        assert_eq!((clock.pending_sleeps(), clock.recorded_sleeps().len()), (0, 0), "it is not counted");
        clock.advance(Duration::from_secs(60));
        assert!(nap.as_mut().now_or_never().is_some());
    }
}
