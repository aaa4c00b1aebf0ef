//! Servers that are down, slow, full or somebody else.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use line_channel_token_cache::store::StoreErrorKind::{Full, Unavailable};
use line_channel_token_redis::RedisStore;

use crate::store_calls::{assert_error, impatient, load, store, storing_fails};
use crate::support::{ProxyMode, RedisServer, ServerOptions, TcpProxy};

/// How long something really takes, which is what a timeout is about.
#[allow(clippy::disallowed_methods, reason = "a real network's time")]
async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let value = future.await;
    (value, begun.elapsed())
}

#[tokio::test]
async fn a_server_that_is_down_is_unavailable_until_it_is_back() {
    let Some(mut server) = RedisServer::start("a_server_that_is_down_is_unavailable_until_it_is_back") else { return };
    let redis = impatient(&server.url()).build().unwrap();
    let revision = store(&redis, None, b"1").await;
    server.kill();
    assert_error(&load(&redis).await.unwrap_err(), Unavailable, "connection refused");
    assert_error(&storing_fails(&redis, Some(&revision)).await, Unavailable, "connection refused");
    let socket = impatient(&server.unix_url()).build().unwrap();
    std::fs::remove_file(server.socket()).unwrap();
    assert_error(&load(&socket).await.unwrap_err(), Unavailable, "no such socket");
    server.restart();
    // It has lost everything, and the revision is none any more.
    assert!(load(&redis).await.unwrap().is_none());
    store(&redis, None, b"2").await;
    store(&impatient(&server.unix_url()).key_prefix("other").build().unwrap(), None, b"3").await;
}

#[tokio::test]
async fn a_restart_between_two_calls_is_not_seen() {
    let Some(mut server) = RedisServer::start("a_restart_between_two_calls_is_not_seen") else { return };
    let redis = impatient(&server.url()).build().unwrap();
    store(&redis, None, b"1").await;
    server.restart();
    store(&redis, None, b"2").await;
    server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    assert_eq!(load(&redis).await.unwrap().unwrap().value.expose_bytes(), b"2");
}

#[tokio::test]
async fn a_server_that_is_stopped_costs_the_timeouts_and_no_more() {
    let Some(server) = RedisServer::start("a_server_that_is_stopped_costs_the_timeouts_and_no_more") else { return };
    let redis = impatient(&server.url()).build().unwrap();
    let revision = store(&redis, None, b"1").await;
    server.pause();
    let (error, took) = timed(load(&redis)).await;
    assert_error(&error.unwrap_err(), Unavailable, "a response took longer than 300 ms");
    assert!(took < Duration::from_millis(900), "{took:?}");
    // A connection is accepted by the kernel all the same, and many callers wait at once for what one of them waits for.
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let redis = redis.clone();
            tokio::spawn(async move { load(&redis).await })
        })
        .collect();
    let (_, took) = timed(async {
        for call in calls {
            assert_error(&call.await.unwrap().unwrap_err(), Unavailable, "took longer than");
        }
    })
    .await;
    assert!(took < Duration::from_millis(1500), "{took:?}");
    server.resume();
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
}

#[tokio::test]
async fn a_network_that_swallows_responses_leaves_nothing_half() {
    let Some(server) = RedisServer::start("a_network_that_swallows_responses_leaves_nothing_half") else { return };
    let proxy = TcpProxy::to(server.port());
    let redis = impatient(&proxy.url()).build().unwrap();
    let revision = store(&redis, None, b"1").await;
    proxy.set(ProxyMode::SwallowResponses);
    // It is stored, and nobody knows.
    assert_error(&storing_fails(&redis, Some(&revision)).await, Unavailable, "took longer than");
    proxy.set(ProxyMode::Pass);
    assert_eq!(load(&redis).await.unwrap().unwrap().value.expose_bytes(), b"new");
    proxy.set(ProxyMode::Partition);
    assert_error(&load(&redis).await.unwrap_err(), Unavailable, "took longer than");
    proxy.set(ProxyMode::Refuse);
    proxy.cut();
    assert_error(&load(&redis).await.unwrap_err(), Unavailable, "closed");
    proxy.set(ProxyMode::Delay(Duration::from_millis(50)));
    load(&redis).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_full_says_so() {
    let Some(server) = RedisServer::start("a_server_that_is_full_says_so") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let revision = store(&redis, None, b"1").await;
    server.config_set("maxmemory-policy", "noeviction");
    server.config_set("maxmemory", "1");
    assert_error(&storing_fails(&redis, Some(&revision)).await, Full, "raise its maxmemory");
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision, "it can be read all the same");
    server.config_set("maxmemory", "0");
    store(&redis, Some(&revision), b"2").await;
}

#[tokio::test]
async fn a_server_that_cannot_save_says_so() {
    let parent = tempfile::tempdir().unwrap();
    let gone = parent.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let options = ServerOptions { arguments: &["--dir", gone.to_str().unwrap()] };
    let Some(server) = RedisServer::start_with("a_server_that_cannot_save_says_so", options) else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let revision = store(&redis, None, b"1").await;
    // The directory of its dump is gone, so a save fails, also for root.
    server.config_set("save", "3600 1");
    std::fs::remove_dir(&gone).unwrap();
    server.command(&["BGSAVE"]);
    crate::support::wait_until("the save fails", || {
        server.command(&["INFO", "persistence"]).text().contains("rdb_last_bgsave_status:err")
    });
    assert_error(&storing_fails(&redis, Some(&revision)).await, Full, "cannot save to its disk");
}

#[tokio::test]
async fn a_server_that_is_busy_with_a_script_says_so() {
    let Some(server) = RedisServer::start("a_server_that_is_busy_with_a_script_says_so") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    load(&redis).await.unwrap();
    let name = if server.command(&["CONFIG", "GET", "busy-reply-threshold"]).text().is_empty() {
        "lua-time-limit"
    } else {
        "busy-reply-threshold"
    };
    server.config_set(name, "1");
    let mut connection = server.connection();
    let script = std::thread::spawn(move || connection.call(&["EVAL", "while true do end", "0"]));
    crate::support::wait_until("the script runs", || server.command(&["PING"]).text().starts_with("BUSY"));
    assert_error(&load(&redis).await.unwrap_err(), Unavailable, "busy with somebody's script");
    server.command(&["SCRIPT", "KILL"]);
    script.join().unwrap().unwrap();
    load(&redis).await.unwrap();
}

#[tokio::test]
async fn a_server_with_too_many_clients_says_so() {
    let Some(server) = RedisServer::start("a_server_with_too_many_clients_says_so") else { return };
    let mut held = server.connection();
    held.call(&["CONFIG", "SET", "maxclients", "1"]).unwrap();
    let error = load(&impatient(&server.url()).build().unwrap()).await.unwrap_err();
    assert_error(&error, Unavailable, "");
    held.call(&["CONFIG", "SET", "maxclients", "100"]).unwrap();
}

#[tokio::test]
async fn what_is_not_redis_is_unavailable() {
    for (response, says) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "not Redis"),
        // An alert of TLS: the port speaks that.
        (&[0x15, 3, 3, 0, 2, 2, 80], "rediss://"),
        (b"", "closed"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 16];
            std::io::Read::read_exact(&mut stream, &mut request).unwrap();
            stream.write_all(response).unwrap();
        });
        let error = load(&impatient(&url).build().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), Unavailable);
        assert!(error.to_string().contains(says), "{error}");
        server.join().unwrap();
    }
    let nobody = impatient("redis://no-such-host.invalid").build().unwrap();
    assert_error(&load(&nobody).await.unwrap_err(), Unavailable, "");
}
