//! Sentinel, which says which server is the master.

use line_channel_token_cache::store::StoreErrorKind;
use line_channel_token_redis::RedisStore;

use crate::store_calls::{REDIS_KEY, assert_error, impatient, load, store};
use crate::support::{RedisServer, Reply, Sentinel, wait_until};

/// A value is kept over a failover once the replica has it.
fn wait_for_replication(replica: &RedisServer) {
    wait_until("the replica has the value", || replica.command(&["EXISTS", REDIS_KEY]) == Reply::Integer(1));
}

#[tokio::test]
async fn a_failover_is_followed() {
    let Some(mut master) = RedisServer::start("a_failover_is_followed") else { return };
    let replica = master.replica();
    let sentinel = Sentinel::watching("bots", &master);
    let by_builder =
        RedisStore::builder("redis://any").sentinel("bots", ["127.0.0.1:1", &sentinel.address()]).build().unwrap();
    let by_url = RedisStore::new(format!("redis+sentinel://127.0.0.1:1,{}/bots", sentinel.address())).unwrap();
    let revision = store(&by_builder, None, b"1").await;
    assert_eq!(load(&by_url).await.unwrap().unwrap().revision, revision);
    wait_for_replication(&replica);
    master.kill();
    tokio::task::spawn_blocking(move || {
        wait_until("the replica is the master", || {
            sentinel.master_port("bots") == replica.port() && replica.command(&["ROLE"]).text().starts_with("master")
        });
        (sentinel, replica)
    })
    .await
    .map(|servers| async move {
        let second = store(&by_builder, Some(&revision), b"2").await;
        assert_eq!(load(&by_url).await.unwrap().unwrap().revision, second);
        drop(servers);
    })
    .unwrap()
    .await;
}

#[tokio::test]
async fn a_master_that_became_a_replica_is_left() {
    let Some(master) = RedisServer::start("a_master_that_became_a_replica_is_left") else { return };
    let replica = master.replica();
    let sentinel = Sentinel::watching("bots", &master);
    let redis = RedisStore::builder("redis://any").sentinel("bots", [sentinel.address()]).build().unwrap();
    let revision = store(&redis, None, b"1").await;
    wait_for_replication(&replica);
    sentinel.fail_over("bots");
    wait_until("the replica is the master", || {
        sentinel.master_port("bots") == replica.port() && master.command(&["ROLE"]).text().starts_with("slave")
    });
    // The connection that was kept leads to a replica now.
    let second = store(&redis, Some(&revision), b"2").await;
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, second);
}

#[tokio::test]
async fn what_sentinel_cannot_say_is_named() {
    let Some(master) = RedisServer::start("what_sentinel_cannot_say_is_named") else { return };
    let replica = master.replica();
    let sentinel = Sentinel::watching("bots", &master);
    let open = |name: &str, address: &str| impatient("redis://any").sentinel(name, [address]).build().unwrap();
    let unknown = open("s3cret", &sentinel.address());
    assert_error(&load(&unknown).await.unwrap_err(), StoreErrorKind::InvalidSettings, "no master of this name");
    let no_sentinel = open("bots", &master.address());
    assert_error(&load(&no_sentinel).await.unwrap_err(), StoreErrorKind::InvalidSettings, "is none");
    let down = open("bots", "127.0.0.1:1");
    assert_error(&load(&down).await.unwrap_err(), StoreErrorKind::Unavailable, "no Sentinel responds");
    // A Sentinel that is behind names what is a replica by now.
    master.command(&["REPLICAOF", "127.0.0.1", &replica.port().to_string()]);
    let behind = open("bots", &sentinel.address());
    assert_error(&load(&behind).await.unwrap_err(), StoreErrorKind::Unavailable, "no master");
}
