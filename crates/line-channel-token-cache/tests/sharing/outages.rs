//! Stores that do not do their part.

use std::time::Duration;

use futures_util::future::join_all;
use line_channel_token_cache::store::{Comparison, StoredValue, TokenStore};
use line_channel_token_cache::{StoreOutage, TokenCache};
use line_channel_token_core::ErrorKind;

use crate::support::{DAY, Faulty, World, text};

#[tokio::test]
async fn a_store_that_is_down_costs_nobody_a_valid_token() {
    let world = World::new();
    let fleet: Vec<_> = (0..5).map(|_| world.process(world.jwt())).collect();
    join_all(fleet.iter().map(text)).await;
    Faulty::set(&world.store.is_down, true);
    for _ in 0..29 {
        world.live_through(&fleet, 1, DAY).await;
        assert!(join_all(fleet.iter().map(text)).await.iter().all(Result::is_ok));
    }
    assert_eq!(world.issued(), 1, "all have a valid one");
    assert_eq!(world.told().iter().filter(|event| **event == "unavailable").count(), 5, "once for each process");
    Faulty::set(&world.store.is_down, false);
    world.live_through(&fleet, 20, Duration::from_secs(20)).await;
    assert_eq!(world.issued(), 2);
    let tokens = join_all(fleet.iter().map(text)).await;
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == tokens[0].as_ref().unwrap()));
    assert_eq!(world.told().iter().filter(|event| **event == "available").count(), 5);
}

#[tokio::test]
async fn cold_processes_issue_for_themselves_and_share_once_the_store_is_back() {
    let world = World::new();
    Faulty::set(&world.store.is_down, true);
    let fleet: Vec<_> = (0..4).map(|_| world.process(world.jwt())).collect();
    let tokens = join_all(fleet.iter().map(text)).await;
    assert!(tokens.iter().all(Result::is_ok));
    assert_eq!(world.issued(), 4);
    Faulty::set(&world.store.is_down, false);
    world.live_through(&fleet, 10, Duration::from_secs(20)).await;
    let tokens = join_all(fleet.iter().map(text)).await;
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == tokens[0].as_ref().unwrap()), "one for all");
    assert_eq!(world.issued(), 4, "one of those that there were");
    world.live_through(&fleet, 20, Duration::from_secs(60)).await;
    assert_eq!(world.live(), 1, "those that nobody uses any more are revoked");
}

#[tokio::test]
async fn short_lived_tokens_are_not_issued_without_the_store() {
    let world = World::new();
    Faulty::set(&world.store.is_down, true);
    let process = world.process(world.short_lived());
    let error = text(&process).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemporarilyUnavailable);
    assert!(error.to_string().contains("does not respond") && error.to_string().contains("revoke"), "{error}");
    assert_eq!(world.issued(), 0);
    let degraded = TokenCache::new(world.share(world.short_lived()).during_outage(StoreOutage::Degrade));
    assert!(text(&degraded).await.is_ok());
    Faulty::set(&world.store.is_down, false);
    world.clock.advance(Duration::from_secs(90));
    assert!(text(&process).await.is_ok());
}

#[tokio::test]
async fn a_store_that_is_only_read_serves_its_token() {
    let world = World::new();
    let first = text(&world.process(world.jwt())).await.unwrap();
    Faulty::set(&world.store.refuses_writes, true);
    assert_eq!(text(&world.process(world.jwt())).await.unwrap(), first);
    assert_eq!(world.issued(), 1);
}

#[tokio::test]
async fn a_store_is_available_again_once_anybody_has_written() {
    let world = World::new();
    let fleet: Vec<_> = (0..3).map(|_| world.process(world.jwt())).collect();
    join_all(fleet.iter().map(text)).await;
    Faulty::set(&world.store.refuses_writes, true);
    world.live_through(&fleet, 26, DAY).await;
    let count = |name| world.told().iter().filter(|event| **event == name).count();
    assert_eq!((count("unavailable"), count("available")), (3, 0), "all have tried to write, and reads change nothing");
    Faulty::set(&world.store.refuses_writes, false);
    // One of them issues and writes, and the others read what it wrote.
    world.live_through(&fleet, 10, Duration::from_secs(20)).await;
    assert_eq!(world.issued(), 2);
    assert_eq!((count("unavailable"), count("available")), (3, 3));
}

#[tokio::test]
async fn a_lost_response_of_the_store_costs_no_second_token() {
    let world = World::new();
    Faulty::set(&world.store.loses_responses, true);
    let first = text(&world.process(world.jwt())).await.unwrap();
    Faulty::set(&world.store.loses_responses, false);
    assert_eq!(text(&world.process(world.jwt())).await.unwrap(), first);
    assert_eq!(world.issued(), 1);
}

#[tokio::test]
async fn a_damaged_value_is_set_aside_and_a_newer_one_is_left_alone() {
    let world = World::new();
    let put = async |text: &str| {
        let value = StoredValue::new(text.as_bytes().to_vec());
        let seen = world.store.load(&world.key()).await.unwrap().entry.map(|entry| entry.revision);
        let outcome = world.store.compare_and_set(&world.key(), seen.as_ref(), &value, DAY).await.unwrap();
        assert!(matches!(outcome, Comparison::Stored(_)));
    };
    put("what is this?").await;
    text(&world.process(world.jwt())).await.unwrap();
    assert_eq!(world.told(), ["set_aside"]);
    put(r#"{"format":2}"#).await;
    let process = world.process(world.jwt());
    text(&process).await.unwrap();
    assert_eq!(world.told(), ["set_aside", "unavailable", "issued_without_store"]);
    world.live_through(&[process], 10, DAY / 24).await;
    let kept = world.store.load(&world.key()).await.unwrap().entry.unwrap();
    assert_eq!(kept.value.expose_bytes(), br#"{"format":2}"#);
}
