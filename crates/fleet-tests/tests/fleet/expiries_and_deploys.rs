//! A hundred processes that start at once, and fleets through many expiries and deploys.

use std::time::Duration;

use fleet_tests::{ChannelSettings, StoreSettings, Task, WorkerSettings};

use crate::fleet::Fleet;
use crate::platform::{LIFETIME, Platform};
use crate::stores::{file_store, redis, redis_store};
use crate::worker::Worker;

/// The time between two looks at the fleet.
const STEP: Duration = Duration::from_secs(LIFETIME.as_secs() / 20);

/// Whether the fleets are as large as they can be: takes minutes.
fn is_thorough() -> bool {
    std::env::var_os("FLEET_TESTS_THOROUGH").is_some()
}

fn cold_processes_issue_once(platform: &Platform, store: StoreSettings, count: usize, family: &str) {
    let channel = platform.add_channel("1000000001", family);
    let settings = platform.settings(vec![channel.clone()], store);
    let fleet = Fleet::start(platform, &settings, count);
    assert_eq!(fleet.send().len(), 1, "all have one token");
    assert_eq!(platform.issues(&channel).len(), 1);

    // And once more when it is due.
    fleet.advance(LIFETIME.mul_f64(0.7));
    let mut issues = 1;
    for _ in 0..6 {
        fleet.advance(STEP);
        fleet.send();
        issues = platform.issues(&channel).len();
        if issues > 1 {
            break;
        }
    }
    assert_eq!(issues, 2);
    // Each adopts it when it is due by its own account.
    for _ in 0..3 {
        fleet.advance(STEP);
        fleet.send();
    }
    assert_eq!(fleet.send().len(), 1, "all have the next one");
    check_fleet(platform, &channel, 2);
}

/// What holds for every fleet whose store responds.
fn check_fleet(platform: &Platform, channel: &ChannelSettings, issues: usize) {
    assert_eq!(platform.issues(channel).len(), issues);
    assert!(platform.most_live(channel) <= 2, "{} tokens were live", platform.most_live(channel));
    assert_eq!(platform.refused_uses(), 0);
    for pair in platform.issues(channel).windows(2) {
        let share = (pair[1] - pair[0]).as_secs_f64() / LIFETIME.as_secs_f64();
        assert!((0.74..0.92).contains(&share), "a token was replaced at {share} of its life");
    }
}

fn issues_once_per_expiry(platform: &Platform, store: StoreSettings, replicas: usize) {
    let channel = platform.add_channel("1000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let mut fleet = Fleet::start(platform, &settings, replicas);
    fleet.send();
    let mut deploys = 0;
    while platform.issues(&channel).len() <= 20 {
        let age = platform.now() - platform.issues(&channel).last().copied().unwrap();
        // Once all have the newest token, nothing happens for half of its life.
        let is_uneventful = age > STEP * 3 && age < LIFETIME / 5;
        fleet.advance(if is_uneventful { LIFETIME / 2 } else { STEP });
        fleet.send();
        // A deploy with each token, in the hours in which it replaces another, or later.
        let issued = platform.issues(&channel).len();
        if deploys < issued && (issued % 2 == 0 || is_uneventful) {
            deploys += 1;
            deploy(&mut fleet, &settings);
        }
    }
    assert!(deploys >= 20);
    check_fleet(platform, &channel, 21);
    assert!(fleet.events("unavailable").is_empty());
}

/// Replaces each worker by a new one, one after the other, while all others go on.
fn deploy(fleet: &mut Fleet<'_>, settings: &WorkerSettings) {
    for at in 0..fleet.workers.len() {
        let next = Worker::start(settings);
        let sent: Vec<u64> = fleet.workers.iter().map(|worker| worker.begin(Task::Send)).collect();
        next.wait_until_ready();
        let reply = next.ask(Task::Send);
        assert_eq!((reply.error, reply.status), (None, Some(200)));
        for (worker, id) in fleet.workers.iter().zip(sent) {
            let reply = worker.reply(id);
            assert_eq!((reply.error, reply.status), (None, Some(200)));
        }
        std::mem::replace(&mut fleet.workers[at], next).shut_down();
    }
}

#[test]
fn hundred_cold_processes_issue_once_over_redis() {
    let Some(server) = redis("hundred_cold_processes_issue_once_over_redis") else { return };
    cold_processes_issue_once(&Platform::new(), redis_store(&server), 100, "jwt");
}

#[test]
fn forty_replicas_share_a_short_lived_token_over_files() {
    let platform = Platform::new();
    let store = file_store(&platform);
    cold_processes_issue_once(&platform, store, 40, "short_lived");
}

#[test]
fn one_issue_per_expiry_through_deploys_over_redis() {
    let Some(server) = redis("one_issue_per_expiry_through_deploys_over_redis") else { return };
    issues_once_per_expiry(&Platform::new(), redis_store(&server), if is_thorough() { 100 } else { 5 });
}

#[test]
fn one_issue_per_expiry_through_deploys_over_files() {
    let platform = Platform::new();
    let store = file_store(&platform);
    issues_once_per_expiry(&platform, store, if is_thorough() { 20 } else { 3 });
}
