//! What is at our key and is not ours, or not for us.

use line_channel_token_cache::store::{StoreErrorKind, TokenStore as _};
use line_channel_token_redis::RedisStore;

use crate::store_calls::{REDIS_KEY, assert_error, key, load, store, storing_fails};
use crate::support::{RedisServer, Reply};

#[tokio::test]
async fn what_is_not_ours_is_reported_and_moved_away() {
    let Some(server) = RedisServer::start("what_is_not_ours_is_reported_and_moved_away") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let garbage = [0xff, 0x00, 0x0a];
    let commands: [(&[&[u8]], &str); 6] = [
        (&[b"SET", REDIS_KEY.as_bytes(), b"s3cret of another program"], "not written by"),
        (&[b"SET", REDIS_KEY.as_bytes(), b""], "not written by"),
        (&[b"SET", REDIS_KEY.as_bytes(), &garbage], "not written by"),
        (&[b"SET", REDIS_KEY.as_bytes(), b"LCT1 no-revision\ns3cret"], "not written by"),
        (&[b"LPUSH", REDIS_KEY.as_bytes(), b"s3cret"], "no string"),
        (&[b"HSET", REDIS_KEY.as_bytes(), b"s3cret", b"1"], "no string"),
    ];
    for (command, says) in commands {
        server.command(&["FLUSHALL"]);
        server.command(command);
        assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Unreadable, says);
        assert_error(&storing_fails(&redis, None).await, StoreErrorKind::Unreadable, says);
        let aside = redis.set_aside(&key(), None).await.unwrap().expect("it was moved");
        assert_eq!(server.command(&["EXISTS", &aside]), Reply::Integer(1));
        assert!(matches!(server.command(&["PTTL", &aside]), Reply::Integer(left) if left > 604_000_000));
        assert!(load(&redis).await.unwrap().is_none());
        store(&redis, None, b"ours").await;
    }
}

#[tokio::test]
async fn what_a_newer_version_wrote_stays() {
    let Some(server) = RedisServer::start("what_a_newer_version_wrote_stays") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    for newer in ["LCT2 7f3a\na token", "LCT10 other words\n", "LCT2 7f3a\n"] {
        server.command(&["SET", REDIS_KEY, newer]);
        assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Incompatible, "newer version");
        assert_error(&storing_fails(&redis, None).await, StoreErrorKind::Incompatible, "newer version");
        assert!(redis.set_aside(&key(), None).await.unwrap().is_none());
        assert_eq!(server.command(&["GET", REDIS_KEY]), Reply::Bulk(newer.into()));
    }
}

#[tokio::test]
async fn a_readable_value_is_not_moved_by_chance() {
    let Some(server) = RedisServer::start("a_readable_value_is_not_moved_by_chance") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let first = store(&redis, None, b"1").await;
    let second = store(&redis, Some(&first), b"2").await;
    assert!(redis.set_aside(&key(), None).await.unwrap().is_none());
    assert!(redis.set_aside(&key(), Some(&first)).await.unwrap().is_none());
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, second);
    assert!(redis.set_aside(&key(), Some(&second)).await.unwrap().is_some());
    assert!(load(&redis).await.unwrap().is_none());
}

#[tokio::test]
async fn prefixes_are_kept_apart() {
    let Some(server) = RedisServer::start("prefixes_are_kept_apart") else { return };
    let [one, other] =
        ["staging", "production"].map(|prefix| RedisStore::builder(server.url()).key_prefix(prefix).build().unwrap());
    store(&one, None, b"1").await;
    assert!(load(&other).await.unwrap().is_none());
    let third = RedisStore::builder(server.url()).key_prefix("staging").database(1).build().unwrap();
    assert!(load(&third).await.unwrap().is_none());
    assert_eq!(server.command(&["KEYS", "*"]).text(), "staging:{1234567890.jwt}");
}
