//! Processes that are killed or paused while they hold the lease.

use std::collections::HashSet;
use std::time::Duration;

use fleet_tests::{ChannelSettings, Reply, StopPoint, StoreSettings, Task, WorkerSettings};
use line_channel_token_core::{ChannelId, Operation};
use line_channel_token_emulator::Fault;

use crate::fleet::Fleet;
use crate::platform::{LIFETIME, Platform};
use crate::stores::{file_store, redis, redis_store};
use crate::worker::Worker;

/// How long a lease lasts, with a second for the delays between looks at the store.
const LEASE: Duration = Duration::from_secs(11);

/// More than the slots of a source's budget, unless it is set.
const KILLS: usize = 12;

/// Where the holder of a lease is killed.
#[derive(Clone, Copy, Debug)]
enum Killed {
    At(StopPoint),
    /// The request has reached LINE, and the response has not come.
    InTransit,
}

/// How many tokens a process issues that is killed there, and whether another process gets the last one of them.
fn lost_tokens(killed: Killed) -> usize {
    match killed {
        Killed::At(StopPoint::BeforeLease | StopPoint::BeforeSending | StopPoint::AfterStoring) => 0,
        Killed::At(StopPoint::AfterResponse | StopPoint::BeforeStoring) | Killed::InTransit => 1,
    }
}

fn kill_one(platform: &Platform, channel: &ChannelSettings, settings: &WorkerSettings, killed: Killed) -> Worker {
    let stops = match killed {
        Killed::At(point) => vec![point],
        Killed::InTransit => Vec::new(),
    };
    let mut worker = Worker::start(&WorkerSettings { stops, ..settings.clone() });
    worker.wait_until_ready();
    match killed {
        Killed::At(point) => {
            worker.begin(Task::Token);
            worker.wait_until_at(point);
        }
        Killed::InTransit => {
            let issues = platform.issues(channel).len();
            let id = ChannelId::new(&channel.id).unwrap();
            platform.emulator.inject(
                Fault::delay(Duration::from_secs(3600)).for_channel(id).for_operation(Operation::IssueJwt).times(1),
            );
            worker.begin(Task::Token);
            while platform.issues(channel).len() == issues {
                std::thread::yield_now();
            }
        }
    }
    worker.kill();
    worker
}

fn another_takes_over(platform: &Platform, store: &StoreSettings, number: usize, killed: Killed) {
    let channel = platform.add_channel(&format!("20000000{number:02}"), "jwt");
    let settings = platform.settings(vec![channel.clone()], store.clone());
    let fleet = Fleet::start(platform, &settings, 3);
    kill_one(platform, &channel, &settings, killed);

    let (replies, _) = fleet.send_as_time_goes_on(LEASE);
    for reply in &replies {
        assert_eq!((reply.error.as_deref(), reply.status), (None, Some(200)), "{killed:?}");
        assert_eq!(reply.token, replies[0].token, "{killed:?}: one token for all");
    }
    let lost = lost_tokens(killed);
    assert_eq!(platform.issues(&channel).len(), 1 + lost, "{killed:?}");
    assert!(platform.most_live(&channel) <= 1 + lost, "{killed:?}");

    // Once, by the process that has taken over; and it names what nobody holds.
    let events = fleet.events("lease_taken_over");
    match killed {
        Killed::At(StopPoint::BeforeLease | StopPoint::AfterStoring) => assert!(events.is_empty(), "{killed:?}"),
        _ => {
            let held = replies[0].token.as_deref();
            let unknown = platform.live_key_ids(&channel).into_iter().filter(|id| Some(id.as_str()) != held);
            assert_eq!(events, [unknown.collect::<Vec<_>>().join(" ")], "{killed:?}");
        }
    }
    assert_eq!(platform.refused_uses(), 0);
}

fn killed_holders_are_followed_by_others(platform: &Platform, store: &StoreSettings) {
    let points = [
        Killed::At(StopPoint::BeforeLease),
        Killed::At(StopPoint::BeforeSending),
        Killed::InTransit,
        Killed::At(StopPoint::AfterResponse),
        Killed::At(StopPoint::BeforeStoring),
        Killed::At(StopPoint::AfterStoring),
    ];
    for (number, killed) in points.into_iter().enumerate() {
        another_takes_over(platform, store, number, killed);
    }
}

/// A holder that was paused for longer than its lease lasts gets the token of whoever has taken over, also if it had not sent its request before.
fn paused_holders_overwrite_nothing(platform: &Platform, store: &StoreSettings) {
    for (number, point) in
        [StopPoint::BeforeSending, StopPoint::AfterResponse, StopPoint::BeforeStoring].into_iter().enumerate()
    {
        let (channel, newer, reply, mut fleet) = pause_one(platform, store, &format!("30000000{number:02}"), point);
        assert_eq!(reply.token.as_ref(), Some(&newer), "{point:?}: it takes the newer one");
        let settings = platform.settings(vec![channel.clone()], store.clone());
        fleet.add(&settings);
        assert_eq!(fleet.send(), HashSet::from([newer.clone()]), "{point:?}: as everybody does");

        // Its own is revoked, because nobody has seen it.
        assert_eq!(platform.live_key_ids(&channel), [newer], "{point:?}");
        assert_eq!(platform.issues(&channel).len(), 2, "{point:?}");
    }
    assert_eq!(platform.refused_uses(), 0);
}

/// A channel whose first lease has a holder that is paused at this point until another process has taken over, whose token comes second;
/// then it goes on, and its reply comes third. It is a member of the fleet.
fn pause_one<'a>(
    platform: &'a Platform,
    store: &StoreSettings,
    id: &str,
    point: StopPoint,
) -> (ChannelSettings, String, Reply, Fleet<'a>) {
    let channel = platform.add_channel(id, "jwt");
    let settings = platform.settings(vec![channel.clone()], store.clone());
    let paused = Worker::start(&WorkerSettings { stops: vec![point], ..settings.clone() });
    paused.wait_until_ready();
    let asked = paused.begin(Task::Send);
    paused.wait_until_at(point);
    paused.pause();

    let mut fleet = Fleet::start(platform, &settings, 2);
    let (replies, _) = fleet.send_as_time_goes_on(LEASE);
    let token = replies[0].token.clone().unwrap();

    paused.resume();
    paused.begin(Task::Tick);
    paused.begin(Task::Go);
    let reply = paused.reply(asked);
    assert_eq!((reply.error.as_deref(), reply.status), (None, Some(200)), "{point:?}");
    fleet.workers.push(paused);
    (channel, token, reply, fleet)
}

/// One after the other dies with its token, until more are lost than the fleet's budget has slots: the next one is served all the same, because LINE
/// lists fewer than it allows; and it names all of them.
fn each_kill_costs_one_token(platform: &Platform, store: &StoreSettings) {
    let channel = platform.add_channel("5000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], store.clone());
    for _ in 0..KILLS {
        kill_one(platform, &channel, &settings, Killed::At(StopPoint::AfterResponse));
        platform.advance(LEASE);
    }
    let lost: HashSet<String> = platform.live_key_ids(&channel).into_iter().collect();
    assert_eq!(lost.len(), KILLS);

    let fleet = Fleet::start(platform, &settings, 2);
    assert_eq!(fleet.send().len(), 1);
    assert_eq!(platform.issues(&channel).len(), KILLS + 1);
    let events = fleet.events("lease_taken_over");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].split(' ').map(str::to_owned).collect::<HashSet<_>>(), lost);
}

/// With a valid token, nobody waits for a holder that was killed, and the next one is there before the old one ends.
fn nobody_waits_for_a_killed_holder(platform: &Platform, store: &StoreSettings) {
    let channel = platform.add_channel("4000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], store.clone());
    let mut fleet = Fleet::start(platform, &settings, 2);
    fleet.send();
    let mut holder = Worker::start(&WorkerSettings { stops: vec![StopPoint::AfterResponse], ..settings.clone() });
    holder.wait_until_ready();
    holder.ask(Task::Send);

    // All are due, and the holder is the first to see it.
    platform.advance(LIFETIME.mul_f64(0.86));
    holder.ask(Task::Tick);
    holder.begin(Task::Send);
    holder.wait_until_at(StopPoint::AfterResponse);
    assert_eq!(fleet.send().len(), 1);
    holder.kill();
    assert_eq!(fleet.send().len(), 1);
    for _ in 0..3 {
        fleet.advance(LEASE);
        fleet.send();
    }
    fleet.advance(LEASE);
    let replies = fleet.ask(Task::Send);
    assert!(replies.iter().all(|reply| reply.token == replies[0].token));
    assert_eq!(platform.issues(&channel).len(), 3, "one was lost");
    assert_eq!(fleet.events("lease_taken_over").len(), 1);
    fleet.add(&settings);
    assert_eq!(fleet.send().len(), 1);
    assert_eq!(platform.refused_uses(), 0);
}

#[test]
fn killed_holders_are_followed_by_others_over_redis() {
    let Some(server) = redis("killed_holders_are_followed_by_others_over_redis") else { return };
    killed_holders_are_followed_by_others(&Platform::new(), &redis_store(&server));
}

#[test]
fn killed_holders_are_followed_by_others_over_files() {
    let platform = Platform::new();
    killed_holders_are_followed_by_others(&platform, &file_store(&platform));
}

#[test]
fn paused_holders_overwrite_nothing_over_redis() {
    let Some(server) = redis("paused_holders_overwrite_nothing_over_redis") else { return };
    paused_holders_overwrite_nothing(&Platform::new(), &redis_store(&server));
}

#[test]
fn paused_holders_overwrite_nothing_over_files() {
    let platform = Platform::new();
    paused_holders_overwrite_nothing(&platform, &file_store(&platform));
}

#[test]
fn each_kill_costs_one_token_over_redis() {
    let Some(server) = redis("each_kill_costs_one_token_over_redis") else { return };
    each_kill_costs_one_token(&Platform::new(), &redis_store(&server));
}

#[test]
fn nobody_waits_for_a_killed_holder_over_redis() {
    let Some(server) = redis("nobody_waits_for_a_killed_holder_over_redis") else { return };
    nobody_waits_for_a_killed_holder(&Platform::new(), &redis_store(&server));
}

#[test]
fn nobody_waits_for_a_killed_holder_over_files() {
    let platform = Platform::new();
    nobody_waits_for_a_killed_holder(&platform, &file_store(&platform));
}
