//! Tokens that a server refuses.

use std::time::Duration;

use fleet_tests::{StoreSettings, Task};
use line_channel_token_core::ChannelId;

use crate::fleet::Fleet;
use crate::platform::{DAY, Platform};
use crate::stores::{file_store, redis, redis_store};

/// Somebody revokes the fleet's token. Whoever meets the 401 marks it, and all others get the next one.
fn refused_tokens_are_never_handed_out_again(platform: &Platform, store: StoreSettings) {
    let channel = platform.add_channel("1000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let mut fleet = Fleet::start(platform, &settings, 4);
    let refused = fleet.send().into_iter().next().unwrap();
    let id = ChannelId::new(&channel.id).unwrap();
    assert_eq!(platform.emulator.revoke_all(&id), 1);

    // All of them meet it at once, and one asks LINE.
    let replies = fleet.ask(Task::Authorized);
    for reply in &replies {
        assert_eq!((reply.error.as_deref(), reply.status), (None, Some(200)));
        assert_ne!(reply.token.as_ref(), Some(&refused));
        assert_eq!(reply.token, replies[0].token);
    }
    assert_eq!(platform.issues(&channel).len(), 2);
    assert_eq!(platform.refused_uses(), 4, "each process met it once");

    // A process that starts later never sees it.
    assert_ne!(fleet.add(&settings).ask(Task::Send).token, Some(refused));
    for worker in fleet.workers.drain(1..) {
        worker.shut_down();
    }
    fleet.add(&settings);
    assert_eq!(fleet.send().len(), 1);
    assert_eq!(platform.issues(&channel).len(), 2);
    assert_eq!(platform.refused_uses(), 4);
}

/// A process says that its token was refused, and ends. What it knew is in the store.
fn refused_token_outlives_its_finder(platform: &Platform, store: StoreSettings) {
    let channel = platform.add_channel("1000000002", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let mut finder = Fleet::start(platform, &settings, 1);
    let refused = finder.send().into_iter().next().unwrap();
    let worker = finder.workers.remove(0);
    worker.ask(Task::Invalidate);
    // It marks the token in the background.
    loop {
        let reply = worker.ask(Task::Counts);
        if reply.counts["store_calls"] >= 5 && !reply.busy {
            break;
        }
        std::thread::yield_now();
    }
    drop(worker);

    let next = Fleet::start(platform, &settings, 2);
    let tokens = next.send();
    assert_eq!(tokens.len(), 1);
    assert!(!tokens.contains(&refused));
    assert_eq!(platform.issues(&channel).len(), 2);
}

/// Each token that is issued is refused at once, by whatever mistake of somebody's: that is no reason to use up the channel's slots.
fn tokens_that_are_all_refused_are_no_storm(platform: &Platform, store: StoreSettings) {
    let channel = platform.add_channel("1000000003", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let fleet = Fleet::start(platform, &settings, 4);
    fleet.send();
    let id = ChannelId::new(&channel.id).unwrap();
    for _ in 0..60 {
        platform.emulator.revoke_all(&id);
        fleet.ask(Task::Authorized);
        fleet.advance(Duration::from_secs(10));
    }
    let issues = platform.issues(&channel).len();
    assert!((3..=9).contains(&issues), "{issues} issues in ten minutes");

    // And it ends when the mistake does.
    fleet.advance(DAY / 24);
    fleet.ask(Task::Authorized);
    assert_eq!(fleet.send().len(), 1);
}

fn all(platform: &Platform, store: &StoreSettings) {
    refused_tokens_are_never_handed_out_again(platform, store.clone());
    refused_token_outlives_its_finder(platform, store.clone());
    tokens_that_are_all_refused_are_no_storm(platform, store.clone());
}

#[test]
fn refused_tokens_are_never_handed_out_again_over_redis() {
    let Some(server) = redis("refused_tokens_are_never_handed_out_again_over_redis") else { return };
    all(&Platform::new(), &redis_store(&server));
}

#[test]
fn refused_tokens_are_never_handed_out_again_over_files() {
    let platform = Platform::new();
    all(&platform, &file_store(&platform));
}
