//! A Redis that Sentinel fails over.

use std::time::Duration;

use fleet_tests::{RedisSettings, StoreSettings};

use crate::fleet::Fleet;
use crate::platform::{LIFETIME, Platform};
use crate::redis_support::{Sentinel, wait_until};
use crate::stores::{redis, settings_at};

#[test]
fn fleet_follows_sentinel_to_another_master() {
    let Some(mut master) = redis("fleet_follows_sentinel_to_another_master") else { return };
    let replica = master.replica();
    let sentinel = Sentinel::watching("tokens", &master);
    let platform = Platform::new();
    let channel = platform.add_channel("1000000001", "jwt");
    let store = RedisSettings {
        timeout: 1000,
        sentinel: Some(("tokens".to_owned(), vec![format!("redis://{}", sentinel.address())])),
        ..settings_at("redis://tokens")
    };
    let settings = platform.settings(vec![channel.clone()], StoreSettings::Redis(store));
    let mut fleet = Fleet::start(&platform, &settings, 3);
    assert_eq!(fleet.send().len(), 1);

    wait_until("the replica has the value", || replica.command(&["DBSIZE"]).text() == "1");
    master.kill();

    // There is no master, and the token is due.
    fleet.advance(LIFETIME.mul_f64(0.86));
    assert_eq!(fleet.send().len(), 1);
    wait_until("the replica is the master", || sentinel.master_port("tokens") == replica.port());

    // A process without a token finds that of the others there, and all of them come to the next.
    fleet.add(&settings);
    for _ in 0..12 {
        fleet.send();
        fleet.advance(Duration::from_secs(10));
    }
    assert_eq!(fleet.send().len(), 1);
    assert_eq!(platform.issues(&channel).len(), 2);
    assert_eq!(platform.refused_uses(), 0);
}
