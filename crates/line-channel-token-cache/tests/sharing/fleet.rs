//! One issue for all, through expiries, deploys and stores that forget.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use line_channel_token_cache::{NewToken, RetireReason, Shutdown, TokenCache, TokenSource};
use line_channel_token_core::Clock;

use crate::support::{DAY, SECOND, World, settle, text};

#[tokio::test]
async fn a_hundred_cold_processes_issue_once() {
    let world = World::new();
    let fleet: Vec<_> = (0..100).map(|_| world.process(world.jwt())).collect();
    let tokens = join_all(fleet.iter().map(text)).await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == first));
    assert_eq!((world.issued(), world.live()), (1, 1));
}

#[tokio::test]
async fn each_expiry_costs_one_issue_through_rolling_deploys() {
    let world = World::new();
    let mut fleet: Vec<_> = (0..8).map(|_| world.process(world.jwt())).collect();
    let mut most_live = 0;
    for day in 0..300_usize {
        world.live_through(&fleet, 4, DAY / 4).await;
        for process in &fleet {
            let token = text(process).await.unwrap();
            assert!(world.accepts(&token), "on day {day}");
        }
        most_live = most_live.max(world.live());
        // One process a day is replaced by a new one.
        let place = day % fleet.len();
        fleet[place].shutdown(Shutdown::within(SECOND).revoking_current()).await;
        fleet[place] = world.process(world.jwt());
    }
    // Refreshed at 75 to 85 % of 30 days: each 22.5 to 25.5 days.
    let issued = world.issued();
    assert!((11..=14).contains(&issued), "{issued}");
    assert_eq!(most_live, 2);
}

#[tokio::test]
async fn a_restart_finds_the_token_and_asks_the_store_once() {
    let world = World::new();
    let before = text(&world.process(world.jwt())).await.unwrap();
    let loads = world.store.loads.load(Ordering::SeqCst);
    world.clock.advance(10 * DAY);
    let process = world.process(world.jwt());
    for _ in 0..50 {
        assert_eq!(text(&process).await.unwrap(), before);
    }
    assert_eq!(world.store.loads.load(Ordering::SeqCst), loads + 1, "once, not per call");
    let token = process.token().await.unwrap();
    assert_eq!(token.remaining(world.clock.now()).as_secs() / 86_400, 20);
    assert_eq!(world.issued(), 1);
}

#[tokio::test]
async fn a_refresh_costs_three_round_trips_and_an_adoption_one() {
    let world = World::new();
    let process = world.process(world.jwt());
    text(&process).await.unwrap();
    let trips = || (world.store.loads.load(Ordering::SeqCst), world.store.writes.load(Ordering::SeqCst));
    assert_eq!(trips(), (1, 2));
    text(&world.process(world.jwt())).await.unwrap();
    assert_eq!(trips(), (2, 2));
}

#[tokio::test]
async fn a_shutdown_revokes_nothing_and_a_removal_does() {
    let world = World::new();
    let process = world.process(world.jwt());
    text(&process).await.unwrap();
    process.shutdown(Shutdown::within(SECOND).revoking_current()).await;
    assert_eq!(world.live(), 1);
    let source = world.share(world.jwt());
    let token = TokenCache::new(world.share(world.jwt())).token().await.unwrap();
    let token = NewToken::new(token.access_token().clone(), world.clock.now(), DAY);
    source.retire(&token, RetireReason::Removed).await.unwrap();
    assert_eq!(world.live(), 0);
    // It is marked, so the next process does not get it.
    let next = text(&world.process(world.jwt())).await.unwrap();
    assert_ne!(next, token.access_token().expose_secret());
}

#[tokio::test]
async fn a_store_that_forgets_costs_one_issue() {
    let world = World::new();
    let fleet: Vec<_> = (0..5).map(|_| world.process(world.jwt())).collect();
    join_all(fleet.iter().map(text)).await;
    world.store.inner.clear();
    let newcomers: Vec<_> = (0..5).map(|_| world.process(world.jwt())).collect();
    join_all(newcomers.iter().map(text)).await;
    settle().await;
    assert_eq!((world.issued(), world.live()), (2, 2));
    world.live_through(&fleet, 30, DAY).await;
    let tokens = join_all(fleet.iter().chain(&newcomers).map(text)).await;
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == tokens[0].as_ref().unwrap()), "one again");
}
