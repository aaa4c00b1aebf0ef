//! A Redis that is killed, emptied, paused, cut off, full, read-only, locked or filled with something else, while a fleet needs it.

use fleet_tests::{RedisSettings, StoreSettings};

use crate::outage_flow::{self, Meets};
use crate::platform::Platform;
use crate::redis_support::{ProxyMode, RedisServer, Reply, TcpProxy};
use crate::stores::{redis, settings_at};

/// How long a call of the store may take here, in milliseconds.
const TIMEOUT: u64 = 300;

/// A Redis behind a proxy.
struct Place {
    server: RedisServer,
    proxy: TcpProxy,
}

impl Place {
    fn new(test: &str) -> Option<Self> {
        let server = redis(test)?;
        let proxy = TcpProxy::to(server.port());
        Some(Self { server, proxy })
    }

    fn settings(&self) -> RedisSettings {
        RedisSettings { timeout: TIMEOUT, ..settings_at(&self.proxy.url()) }
    }

    /// The one key that the fleet has.
    fn key(&self) -> String {
        self.server.command(&["KEYS", "*"]).text()
    }

    fn value(&self) -> Vec<u8> {
        match self.server.command(&["GET", &self.key()]) {
            Reply::Bulk(value) => value,
            other => panic!("no value: {other:?}"),
        }
    }
}

fn outlives(
    place: Place,
    store: RedisSettings,
    meets: Meets,
    disturb: impl FnOnce(&mut Place),
    mend: impl FnOnce(&mut Place),
) {
    outage_flow::outlives(&Platform::new(), place, StoreSettings::Redis(store), meets, disturb, mend);
}

#[test]
fn fleet_outlives_killed_redis() {
    let Some(place) = Place::new("fleet_outlives_killed_redis") else { return };
    let store = place.settings();
    outlives(place, store, Meets::Outage, |place| place.server.kill(), |place| place.server.restart());
}

#[test]
fn fleet_outlives_emptied_redis() {
    let Some(place) = Place::new("fleet_outlives_emptied_redis") else { return };
    let store = place.settings();
    outlives(place, store, Meets::Loss, |place| place.server.restart(), |_| ());
}

#[test]
fn fleet_outlives_flushed_redis() {
    let Some(place) = Place::new("fleet_outlives_flushed_redis") else { return };
    let store = place.settings();
    outlives(place, store, Meets::Loss, |place| drop(place.server.command(&["FLUSHALL"])), |_| ());
}

#[test]
fn fleet_outlives_paused_redis() {
    let Some(place) = Place::new("fleet_outlives_paused_redis") else { return };
    let store = place.settings();
    outlives(place, store, Meets::Outage, |place| place.server.pause(), |place| place.server.resume());
}

#[test]
fn fleet_outlives_partition() {
    let Some(place) = Place::new("fleet_outlives_partition") else { return };
    let store = place.settings();
    let mend = |place: &mut Place| {
        place.proxy.set(ProxyMode::Pass);
        place.proxy.cut();
    };
    outlives(place, store, Meets::Outage, |place| place.proxy.set(ProxyMode::Partition), mend);
}

#[test]
fn fleet_outlives_lost_responses() {
    let Some(place) = Place::new("fleet_outlives_lost_responses") else { return };
    let store = place.settings();
    let mend = |place: &mut Place| {
        place.proxy.set(ProxyMode::Pass);
        place.proxy.cut();
    };
    outlives(place, store, Meets::Outage, |place| place.proxy.set(ProxyMode::SwallowResponses), mend);
}

#[test]
fn fleet_outlives_full_redis() {
    let Some(place) = Place::new("fleet_outlives_full_redis") else { return };
    let store = place.settings();
    let fill = |place: &mut Place| {
        place.server.config_set("maxmemory-policy", "noeviction");
        place.server.config_set("maxmemory", "1");
    };
    outlives(place, store, Meets::NoWrites, fill, |place| place.server.config_set("maxmemory", "0"));
}

#[test]
fn fleet_outlives_read_only_replica() {
    let Some(place) = Place::new("fleet_outlives_read_only_replica") else { return };
    let store = place.settings();
    let demote = |place: &mut Place| drop(place.server.command(&["REPLICAOF", "127.0.0.1", "1"]));
    let promote = |place: &mut Place| drop(place.server.command(&["REPLICAOF", "NO", "ONE"]));
    outlives(place, store, Meets::NoWrites, demote, promote);
}

#[test]
fn fleet_outlives_wrong_password() {
    let Some(place) = Place::new("fleet_outlives_wrong_password") else { return };
    let set_password = |place: &Place, password: &str| {
        let password = format!(">{password}");
        let reply = place.server.command(&["ACL", "SETUSER", "bot", "on", "resetpass", &password, "~*", "&*", "+@all"]);
        assert_eq!(reply.text(), "OK");
        place.server.command(&["CLIENT", "KILL", "USER", "bot"]);
    };
    set_password(&place, "s3cret-of-redis");
    let url = format!("redis://bot@127.0.0.1:{}", place.proxy.port());
    let password = Some("s3cret-of-redis".to_owned());
    let store = RedisSettings { password, timeout: TIMEOUT, ..settings_at(&url) };
    let change = |place: &mut Place| set_password(place, "another");
    outlives(place, store, Meets::Outage, change, |place| set_password(place, "s3cret-of-redis"));
}

#[test]
fn fleet_outlives_value_of_another_type() {
    let Some(place) = Place::new("fleet_outlives_value_of_another_type") else { return };
    let store = place.settings();
    let put = |place: &mut Place| {
        let key = place.key();
        place.server.command(&["DEL", &key]);
        place.server.command(&["LPUSH", &key, "a", "list"]);
    };
    outlives(place, store, Meets::Damage, put, |_| ());
}

#[test]
fn fleet_outlives_garbage() {
    let Some(place) = Place::new("fleet_outlives_garbage") else { return };
    let store = place.settings();
    let put = |place: &mut Place| drop(place.server.command(&["SET", &place.key(), "\u{0}\u{1}garbage"]));
    outlives(place, store, Meets::Damage, put, |_| ());
}

/// Written by the store, and cut: its first line is right, and the record is none.
#[test]
fn fleet_outlives_truncated_record() {
    let Some(place) = Place::new("fleet_outlives_truncated_record") else { return };
    let store = place.settings();
    let cut = |place: &mut Place| {
        let mut value = place.value();
        value.truncate(value.len() - 9);
        place.server.command(&[&b"SET"[..], place.key().as_bytes(), &value]);
    };
    outlives(place, store, Meets::Damage, cut, |_| ());
}

#[test]
fn fleet_leaves_value_of_newer_version_alone() {
    let Some(place) = Place::new("fleet_leaves_value_of_newer_version_alone") else { return };
    let store = place.settings();
    let newer = std::cell::RefCell::new(Vec::new());
    let put = |place: &mut Place| {
        let text = String::from_utf8(place.value()).unwrap();
        assert!(text.contains(r#""format":1"#), "{text}");
        *newer.borrow_mut() = text.replace(r#""format":1"#, r#""format":2"#).into_bytes();
        place.server.command(&[&b"SET"[..], place.key().as_bytes(), &newer.borrow()]);
    };
    let update = |place: &mut Place| {
        assert_eq!(place.value(), *newer.borrow(), "nobody has touched it");
        place.server.command(&["DEL", &place.key()]);
    };
    outlives(place, store, Meets::Outage, put, update);
}
