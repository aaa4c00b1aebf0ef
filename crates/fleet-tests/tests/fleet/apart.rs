//! Processes that are not alike: other clocks, other channels, other secrets.

use std::time::Duration;

use fleet_tests::{ChannelSettings, StoreSettings, Task, WorkerSettings};
use line_channel_token_core::Operation;

use crate::fleet::Fleet;
use crate::platform::{LIFETIME, Platform};
use crate::stores::{file_store, redis, redis_store};
use crate::worker::Worker;

/// Calendars that are up to five minutes apart, for tokens of half an hour: at each moment some of them are more wrong than the time in which
/// a token is replaced.
fn clocks_apart_make_no_storm(platform: &Platform, store: StoreSettings) {
    let lifetime = Duration::from_secs(1800);
    let channel = ChannelSettings { lifetime: lifetime.as_secs(), ..platform.add_channel("1000000001", "jwt") };
    let settings = platform.settings(vec![channel.clone()], store);
    let mut fleet = Fleet::start(platform, &settings, 0);
    for skew in [-150_000, -60_000, 0, 150_000, 149_000] {
        fleet.add(&WorkerSettings { skew, ..settings.clone() });
    }
    let begun = platform.now();
    while platform.now() - begun < lifetime * 5 {
        fleet.send();
        fleet.advance(lifetime / 30);
    }
    // At 75 to 85 % of a life each.
    let issues = platform.issues(&channel);
    assert!((6..=7).contains(&issues.len()), "{} issues", issues.len());
    assert!(issues.windows(2).all(|pair| (pair[1] - pair[0]).as_secs_f64() / lifetime.as_secs_f64() > 0.72));
    assert_eq!(platform.refused_uses(), 0);
    assert!(platform.most_live(&channel) <= 2);
}

/// A calendar so wrong that LINE refuses what the process signs: the others issue for it.
fn clock_that_cannot_sign_is_served_by_others(platform: &Platform, store: StoreSettings) {
    let channel = platform.add_channel("1000000002", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let mut fleet = Fleet::start(platform, &settings, 2);
    fleet.send();
    fleet.add(&WorkerSettings { skew: -3_600_000, ..settings.clone() });
    for _ in 0..40 {
        fleet.send();
        fleet.advance(LIFETIME / 20);
    }
    assert_eq!(platform.refused_uses(), 0);
    assert!(platform.most_live(&channel) <= 2);
    assert!((2..=4).contains(&platform.issues(&channel).len()));
}

fn other_channels_do_not_disturb(platform: &Platform, store: &StoreSettings) {
    let [first, second] = ["1000000003", "1000000004"].map(|id| platform.add_channel(id, "jwt"));
    let short_lived = ChannelSettings { family: "short_lived".to_owned(), ..first.clone() };
    let elsewhere = Platform::new();
    elsewhere.advance(platform.now() - elsewhere.now());
    let same_elsewhere = elsewhere.add_channel("1000000003", "jwt");
    let here = |channel: &ChannelSettings| platform.settings(vec![channel.clone()], store.clone());
    let there =
        WorkerSettings { clock: here(&first).clock, ..elsewhere.settings(vec![same_elsewhere.clone()], store.clone()) };
    let fleets = [here(&first), here(&second), here(&short_lived), there];
    let fleets = fleets.map(|settings| Fleet::start(platform, &settings, 2));
    let tokens: Vec<_> = fleets.iter().map(Fleet::send).collect();
    assert!(tokens.iter().all(|tokens| tokens.len() == 1));
    assert!((1..tokens.len()).all(|at| !tokens[..at].contains(&tokens[at])), "each has a token of its own");
    assert_eq!(platform.issues(&first).len(), 2, "one of each family");
    assert_eq!(platform.issues(&second).len(), 1);
    assert_eq!(elsewhere.issues(&same_elsewhere).len(), 1);
}

/// Some processes have a secret that is not the channel's: they can use the fleet's token, and cannot issue one.
fn wrong_secret_keeps_nobody_from_refreshing(platform: &Platform, store: &StoreSettings) {
    let channel = platform.add_channel("1000000005", "short_lived");
    let settings = platform.settings(vec![channel.clone()], store.clone());
    let wrong = ChannelSettings { secret: "n0t-the-s3cret".to_owned(), ..channel.clone() };
    let wrong = platform.settings(vec![wrong], store.clone());

    // Alone they get an error that says what is wrong.
    let mut mistaken = Fleet::start(platform, &wrong, 2);
    for reply in mistaken.ask(Task::Token) {
        let error = reply.error.expect("no token for a wrong secret");
        assert!(error.contains("secret"), "{error}");
        assert!(!error.contains("n0t-the-s3cret"), "{error}");
    }

    // The others get a token at once, and the mistaken ones have it once they ask again.
    let right = Fleet::start(platform, &settings, 2);
    let (replies, _) = right.send_as_time_goes_on(Duration::from_secs(1));
    assert!(replies.iter().all(|reply| reply.status == Some(200)), "{replies:?}");
    mistaken.advance(Duration::from_secs(120));
    mistaken.send();

    // When it is due, they fail, keep it, and do not hold the others up.
    let mut both = right;
    both.workers.append(&mut mistaken.workers);
    let refused_before = platform.count(Operation::Issue);
    for _ in 0..45 {
        both.advance(LIFETIME / 40);
        both.send();
    }
    assert_eq!(platform.refused_uses(), 0);
    assert!((2..=3).contains(&platform.issues(&channel).len()), "{}", platform.issues(&channel).len());
    assert!(platform.count(Operation::Issue) - refused_before < 60, "a wrong secret is no storm");
}

/// A pool of many channels in each process, over one store.
fn pools_share_each_channel(platform: &Platform, store: &StoreSettings) {
    let channels: Vec<ChannelSettings> =
        (0..10).map(|number| platform.add_channel(&format!("50000000{number:02}"), "jwt")).collect();
    let settings = platform.settings(channels.clone(), store.clone());
    let workers: Vec<Worker> = (0..3).map(|_| Worker::start(&settings)).collect();
    workers.iter().for_each(Worker::wait_until_ready);
    let begun: Vec<(usize, usize, u64)> = (0..channels.len())
        .flat_map(|channel| (0..workers.len()).map(move |worker| (channel, worker)))
        .map(|(channel, worker)| (channel, worker, workers[worker].begin_for(channel, Task::Send)))
        .collect();
    let mut tokens = vec![std::collections::HashSet::new(); channels.len()];
    for (channel, worker, id) in begun {
        let reply = workers[worker].reply(id);
        assert_eq!((reply.error, reply.status), (None, Some(200)));
        tokens[channel].insert(reply.token);
    }
    assert!(tokens.iter().all(|tokens| tokens.len() == 1), "one token for each channel");
    for channel in &channels {
        assert_eq!(platform.issues(channel).len(), 1);
    }
}

fn all(platform: &Platform, store: &StoreSettings) {
    clocks_apart_make_no_storm(platform, store.clone());
    clock_that_cannot_sign_is_served_by_others(platform, store.clone());
    other_channels_do_not_disturb(platform, store);
    wrong_secret_keeps_nobody_from_refreshing(platform, store);
    pools_share_each_channel(platform, store);
}

#[test]
fn processes_that_are_not_alike_share_redis() {
    let Some(server) = redis("processes_that_are_not_alike_share_redis") else { return };
    all(&Platform::new(), &redis_store(&server));
}

#[test]
fn processes_that_are_not_alike_share_files() {
    let platform = Platform::new();
    all(&platform, &file_store(&platform));
}
