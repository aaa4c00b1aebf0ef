//! Tokens that servers refuse.

use futures_util::future::join_all;

use crate::support::{DAY, World, settle, text};

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all() {
    let world = World::new();
    let fleet: Vec<_> = (0..5).map(|_| world.process(world.jwt())).collect();
    join_all(fleet.iter().map(text)).await;
    world.clock.advance(DAY);
    let first = fleet[0].token().await.unwrap();
    fleet[0].invalidate(&first);
    let second = text(&fleet[0]).await.unwrap();
    assert_ne!(second, first.access_token().expose_secret());
    // The others find out by themselves, and get the same.
    for process in &fleet[1..] {
        let token = process.token().await.unwrap();
        process.invalidate(&token);
        assert_eq!(text(process).await.unwrap(), second);
    }
    assert_eq!(text(&world.process(world.jwt())).await.unwrap(), second);
    assert_eq!(world.issued(), 2);
}

#[tokio::test]
async fn a_server_that_refuses_every_token_causes_no_storm() {
    let world = World::new();
    let fleet: Vec<_> = (0..20).map(|_| world.process(world.jwt())).collect();
    join_all(fleet.iter().map(text)).await;
    // Ten minutes in which each process is refused all the time.
    for _ in 0..600 {
        for process in &fleet {
            if let Ok(token) = process.token().await {
                process.invalidate(&token);
            }
        }
        settle().await;
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    let issued = world.issued();
    assert!(issued <= 7, "{issued} of 30 slots");
}
