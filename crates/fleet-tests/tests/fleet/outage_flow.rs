//! What a fleet does before, during and after a time in which its store does not do its part.

use std::time::Duration;

use fleet_tests::{ChannelSettings, StoreSettings, Task, WorkerSettings};

use crate::fleet::Fleet;
use crate::platform::{LIFETIME, Platform};
use crate::worker::Worker;

/// What a fleet meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meets {
    /// The store does not do what it is asked until that is mended.
    Outage,
    /// It can be read, and not written, until that is mended.
    NoWrites,
    /// What it held is gone, and it works.
    Loss,
    /// It holds something else, which is moved out of the way.
    Damage,
}

/// Three processes with a token that becomes due meanwhile, and one without.
pub fn outlives<P>(
    platform: &Platform,
    mut place: P,
    store: StoreSettings,
    meets: Meets,
    disturb: impl FnOnce(&mut P),
    mend: impl FnOnce(&mut P),
) {
    let channel = platform.add_channel("1000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], store);
    let mut fleet = Fleet::start(platform, &settings, 3);
    assert_eq!(fleet.send().len(), 1);
    disturb(&mut place);

    // Nobody asks the store.
    fleet.advance(LIFETIME / 2);
    fleet.send();
    assert!(fleet.events("unavailable").is_empty());

    fleet.advance(LIFETIME.mul_f64(0.36));
    for _ in 0..4 {
        fleet.send();
        fleet.advance(Duration::from_secs(10));
    }
    let issues = platform.issues(&channel).len();
    let is_outage = matches!(meets, Meets::Outage | Meets::NoWrites);
    assert_eq!(issues, if is_outage { 1 } else { 2 });
    let newcomer = serve_newcomer(platform, &settings);
    if meets == Meets::Outage {
        refuse_newcomer(&settings);
    }
    fleet.workers.push(newcomer);

    mend(&mut place);
    for _ in 0..18 {
        fleet.advance(Duration::from_secs(10));
        fleet.send();
    }
    assert_eq!(fleet.send().len(), 1, "the fleet has one token again");
    check_after(&fleet, &channel, meets);

    // And from now on all is as it was.
    let issues = platform.issues(&channel).len();
    for _ in 0..18 {
        fleet.advance(LIFETIME / 20);
        fleet.send();
    }
    assert_eq!(platform.issues(&channel).len(), issues + 1);
    assert_eq!(fleet.send().len(), 1);
    check_after(&fleet, &channel, meets);
}

/// A process without a token gets one, as the default for v2.1 tokens is.
fn serve_newcomer(platform: &Platform, settings: &WorkerSettings) -> Worker {
    let mut newcomer = Fleet::start(platform, settings, 1);
    let (replies, _) = newcomer.send_as_time_goes_on(Duration::from_secs(5));
    assert_eq!((replies[0].error.as_deref(), replies[0].status), (None, Some(200)));
    newcomer.workers.remove(0)
}

/// Or an error that says why.
fn refuse_newcomer(settings: &WorkerSettings) {
    let worker = Worker::start(&WorkerSettings { outage: Some("refuse".to_owned()), ..settings.clone() });
    worker.wait_until_ready();
    let error = worker.ask(Task::Token).error.expect("no token without the store");
    let unavailable = worker.wait_for_event("unavailable");
    assert!(error.contains(&unavailable), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

fn check_after(fleet: &Fleet<'_>, channel: &ChannelSettings, meets: Meets) {
    let platform = fleet.platform;
    assert_eq!(platform.refused_uses(), 0);
    // One for each process that had none, and one that the fleet shares.
    assert!(platform.most_live(channel) <= 3, "{}", platform.most_live(channel));
    for (at, worker) in fleet.workers.iter().enumerate() {
        let counts = worker.counts();
        let count = |name: &str| counts.get(name).copied().unwrap_or_default();
        match meets {
            Meets::Outage | Meets::NoWrites => {
                // A newcomer that found a token may not have tried to write.
                let least = u64::from(meets == Meets::Outage || at < 3);
                let events = worker.events("unavailable");
                assert!((least..=1).contains(&count("unavailable")), "one line for the outage: {events:?}");
                assert_eq!(count("available"), count("unavailable"), "and one for its end");
            }
            // Those that find it at the same time all say so.
            Meets::Damage => assert!(count("set_aside") <= 1, "{:?}", worker.events("set_aside")),
            Meets::Loss => {}
        }
    }
    assert_eq!(fleet.events("set_aside").is_empty(), meets != Meets::Damage);
}
