//! How often the server is asked, which it counts itself.

use std::time::Duration;

use line_channel_token_cache::store::TokenStore as _;
use line_channel_token_redis::RedisStore;

use crate::store_calls::{REDIS_KEY, key, load, store};
use crate::support::{RedisServer, Reply};

/// Commands that came over a connection: all but those that scripts call, and but the question itself.
fn commands(server: &RedisServer) -> u64 {
    let stats = server.command(&["INFO", "commandstats"]).text();
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="));
    let from_outside = calls.filter(|(name, _)| !["get", "set", "time", "rename", "pexpire", "info"].contains(name));
    from_outside.map(|(_, rest)| rest.split(',').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn each_operation_is_one_round_trip() {
    let Some(server) = RedisServer::start("each_operation_is_one_round_trip") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    // Each script is sent once with its text; the first call opens the connection.
    let revision = store(&redis, None, b"1").await;
    load(&redis).await.unwrap();
    assert_eq!(server.calls("eval"), 2);
    let before = commands(&server);
    for _ in 0..10 {
        load(&redis).await.unwrap();
    }
    assert_eq!(commands(&server) - before, 10);
    let before = commands(&server);
    let next = store(&redis, Some(&revision), b"2").await;
    assert_eq!(commands(&server) - before, 1);
    // Nothing but the scripts, and nothing to set up the connection.
    assert_eq!(
        (server.calls("eval"), server.calls("client"), server.calls("hello"), server.calls("select")),
        (2, 0, 0, 0)
    );
    let before = commands(&server);
    redis.set_aside(&key(), Some(&next)).await.unwrap();
    assert_eq!(commands(&server) - before, 2, "the first call of a script is by its hash, and then by its text");
}

#[tokio::test]
async fn scripts_that_were_flushed_are_sent_again() {
    let Some(server) = RedisServer::start("scripts_that_were_flushed_are_sent_again") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let revision = store(&redis, None, b"1").await;
    assert_eq!(server.command(&["SCRIPT", "FLUSH"]).text(), "OK");
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
    store(&redis, Some(&revision), b"2").await;
}

#[tokio::test]
async fn whatever_is_stored_has_an_end() {
    let Some(server) = RedisServer::start("whatever_is_stored_has_an_end") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let revision = store(&redis, None, b"a token").await;
    let left = |key: &str| match server.command(&["PTTL", key]) {
        Reply::Integer(milliseconds) => Duration::from_millis(milliseconds.try_into().unwrap()),
        other => panic!("{other:?}"),
    };
    assert!(left(REDIS_KEY) > Duration::from_secs(3590), "an hour");
    let aside = redis.set_aside(&key(), Some(&revision)).await.unwrap().unwrap();
    assert_eq!(aside, format!("{REDIS_KEY}:damaged"));
    assert!(left(&aside) > Duration::from_secs(604_790), "a week");
    assert_eq!(server.command(&["KEYS", "*"]).text(), aside);
}

#[tokio::test]
async fn a_value_costs_what_the_readme_says() {
    let Some(server) = RedisServer::start("a_value_costs_what_the_readme_says") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    store(&redis, None, &[b'x'; 1024]).await;
    let Reply::Integer(bytes) = server.command(&["MEMORY", "USAGE", REDIS_KEY]) else { panic!("no number") };
    // Of 1,024 bytes of value: the key, its expiry, the first line, and what the allocator rounds up.
    assert!((1_100..1_600).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn the_time_is_that_of_the_server() {
    let Some(server) = RedisServer::start("the_time_is_that_of_the_server") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let time = || {
        let text = server.command(&["TIME"]).text();
        let (seconds, micros) = text.split_once('\n').unwrap();
        Duration::from_secs(seconds.parse().unwrap()) + Duration::from_micros(micros.parse().unwrap())
    };
    let before = time();
    let now = redis.load(&key()).await.unwrap().now;
    assert!(before <= now && now <= time(), "{before:?} {now:?}");
}
