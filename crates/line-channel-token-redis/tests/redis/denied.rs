//! Users, passwords and rights.

use line_channel_token_cache::store::{StoreErrorKind, TokenStore as _};
use line_channel_token_redis::RedisStore;

use crate::store_calls::{REDIS_KEY, assert_error, impatient, key, load, store, storing_fails};
use crate::support::{RedisServer, ServerOptions};

/// The line of the README, with this user's password.
fn least_rights() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let line = readme.lines().find(|line| line.starts_with("ACL SETUSER line-bots ")).expect("the README has the line");
    line.split(' ').map(|word| word.replace("PASSWORD", "s3cret")).collect()
}

#[tokio::test]
async fn the_rights_of_the_readme_are_enough_and_the_least() {
    let Some(server) = RedisServer::start("the_rights_of_the_readme_are_enough_and_the_least") else { return };
    let line = least_rights();
    assert_eq!(server.command(&line).text(), "OK");
    let open = || RedisStore::builder(server.url()).username("line-bots").password("s3cret").build().unwrap();
    let revision = store(&open(), None, b"1").await;
    let redis = open();
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
    redis.set_aside(&key(), Some(&revision)).await.unwrap().expect("it was moved");
    server.command(&["LPUSH", REDIS_KEY, "x"]);
    redis.set_aside(&key(), None).await.unwrap().expect("it was moved");
    assert_eq!(server.command(&["ACL", "LOG"]).text(), "", "nothing was denied");
    // Without any one of them something fails.
    for right in line.iter().filter(|word| word.starts_with('+')) {
        server.command(&["FLUSHALL"]);
        server.command(&["SCRIPT", "FLUSH"]);
        server.command(&line);
        server.command(&["ACL", "SETUSER", "line-bots", &right.replace('+', "-")]);
        let redis = open();
        let all = async {
            let stored = redis
                .compare_and_set(
                    &key(),
                    None,
                    &line_channel_token_cache::store::StoredValue::new(vec![1]),
                    crate::store_calls::HOUR,
                )
                .await?;
            let entry = redis.load(&key()).await?.entry;
            let revision = entry.map(|entry| entry.revision);
            drop(stored);
            redis.set_aside(&key(), revision.as_ref()).await
        };
        assert_error(&all.await.unwrap_err(), StoreErrorKind::Denied, "lacks a permission");
    }
    // Another database takes one right more.
    server.command(&line);
    let database =
        || RedisStore::builder(server.url()).username("line-bots").password("s3cret").database(1).build().unwrap();
    assert_error(&load(&database()).await.unwrap_err(), StoreErrorKind::Denied, "lacks a permission");
    server.command(&["ACL", "SETUSER", "line-bots", "+select"]);
    load(&database()).await.unwrap();
    // Keys of others are out of reach.
    let other =
        RedisStore::builder(server.url()).username("line-bots").password("s3cret").key_prefix("other").build().unwrap();
    assert_error(&load(&other).await.unwrap_err(), StoreErrorKind::Denied, "lacks a permission");
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_not_shown() {
    let Some(server) = RedisServer::start_with(
        "a_wrong_password_is_denied_and_not_shown",
        ServerOptions { arguments: &["--requirepass", "the-right-s3cret"] },
    ) else {
        return;
    };
    let url = |userinfo: &str| format!("redis://{userinfo}127.0.0.1:{}", server.port());
    for (userinfo, kind, says) in [
        ("", StoreErrorKind::Denied, "demands a password"),
        (":s3cret@", StoreErrorKind::Denied, "refuses the user or the password"),
        ("s3cret-user:the-right-s3cret@", StoreErrorKind::Denied, "refuses the user or the password"),
        ("s3cret-user@", StoreErrorKind::InvalidSettings, "no password"),
    ] {
        let redis = impatient(&url(userinfo)).build().unwrap();
        assert_error(&load(&redis).await.unwrap_err(), kind, says);
        assert!(!format!("{redis:?}").contains("s3cret"));
    }
    let redis = impatient(&url("")).build().unwrap().with_password("the-right-s3cret");
    store(&redis, None, b"1").await;
    // The name of the user that everybody is.
    load(&impatient(&url("default:the-right-s3cret@")).build().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_password_for_a_server_without_one_is_denied() {
    let Some(server) = RedisServer::start("a_password_for_a_server_without_one_is_denied") else { return };
    let redis = impatient(&server.url()).password("s3cret").build().unwrap();
    let error = load(&redis).await;
    // Redis accepts any password of `default` if it has none and a user is named, and refuses it otherwise.
    assert_error(&error.unwrap_err(), StoreErrorKind::Denied, "refuses the password");
}

#[tokio::test]
async fn a_password_file_is_read_again_for_each_connection() {
    let Some(server) = RedisServer::start("a_password_file_is_read_again_for_each_connection") else { return };
    let file = server.directory().join("password");
    let user = |password: &str| {
        server.command(&["ACL", "SETUSER", "bot", "reset", "on", &format!(">{password}"), "~*", "+@all"]);
    };
    user("one-s3cret");
    let redis = impatient(&server.url()).username("bot").password_file(&file).build().unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::InvalidSettings, "password file");
    std::fs::write(&file, "\n").unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::InvalidSettings, "is empty");
    std::fs::write(&file, "one-s3cret\r\n").unwrap();
    load(&redis).await.unwrap();
    user("two-s3cret");
    std::fs::write(&file, "two-s3cret").unwrap();
    server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    load(&redis).await.unwrap();
}

#[tokio::test]
async fn a_replica_is_read_and_not_written() {
    let Some(server) = RedisServer::start("a_replica_is_read_and_not_written") else { return };
    let revision = store(&RedisStore::new(server.url()).unwrap(), None, b"1").await;
    let replica = server.replica();
    let redis = RedisStore::new(replica.url()).unwrap();
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
    assert_error(&storing_fails(&redis, Some(&revision)).await, StoreErrorKind::Denied, "is a replica");
    // Again, on a connection that was kept.
    assert_error(&storing_fails(&redis, Some(&revision)).await, StoreErrorKind::Denied, "is a replica");
    assert_error(&redis.set_aside(&key(), Some(&revision)).await.unwrap_err(), StoreErrorKind::Denied, "is a replica");
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let Some(server) = RedisServer::start("a_database_that_is_not_there_is_named") else { return };
    let redis = RedisStore::new(format!("{}/99", server.url())).unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::InvalidSettings, "no database of this number");
}

#[tokio::test]
async fn a_server_without_scripts_is_named() {
    let options = ServerOptions { arguments: &["--rename-command", "EVALSHA", "", "--rename-command", "EVAL", ""] };
    let Some(server) = RedisServer::start_with("a_server_without_scripts_is_named", options) else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Denied, "does not know EVAL");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_named() {
    let options = ServerOptions { arguments: &["--cluster-enabled", "yes"] };
    let Some(server) = RedisServer::start_with("a_node_of_a_cluster_is_named", options) else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Unavailable, "cluster");
    // All slots but that of the key, so that it is said to be elsewhere.
    let slot: u32 = server.command(&["CLUSTER", "KEYSLOT", REDIS_KEY]).text().parse().unwrap();
    assert_eq!(server.command(&["CLUSTER", "KEYSLOT", &format!("{REDIS_KEY}:damaged")]).text(), slot.to_string());
    server.command(&["CLUSTER", "ADDSLOTS", &slot.to_string()]);
    server.config_set("cluster-require-full-coverage", "no");
    crate::support::wait_until("the slot is served", || {
        server.command(&["CLUSTER", "INFO"]).text().contains("cluster_state:ok")
    });
    // A cluster of one node serves all keys of the slots that it has.
    let revision = store(&redis, None, b"1").await;
    redis.set_aside(&key(), Some(&revision)).await.unwrap().expect("it was moved");
}
