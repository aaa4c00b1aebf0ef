//! Runtimes that come and go, and none.

use futures_executor::block_on;
use line_channel_token_redis::RedisStore;

use crate::store_calls::{load, store};
use crate::support::{RedisServer, TcpProxy};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn runtimes_that_end_leave_no_dead_connection() {
    let Some(server) = RedisServer::start("runtimes_that_end_leave_no_dead_connection") else { return };
    let proxy = TcpProxy::to(server.port());
    let redis = RedisStore::new(proxy.url()).unwrap();
    // They drive neither timers nor sockets, and one is never driven again.
    let idle = runtime();
    let mut revision = idle.block_on(store(&redis, None, b"0"));
    for _ in 0..5 {
        revision = runtime().block_on(store(&redis, Some(&revision), b"1"));
    }
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn it_needs_no_runtime() {
    let Some(server) = RedisServer::start("it_needs_no_runtime") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    let revision = block_on(store(&redis, None, b"1"));
    assert_eq!(block_on(load(&redis)).unwrap().unwrap().revision, revision);
}

#[test]
fn a_store_of_the_whole_process_serves_threads() {
    let Some(server) = RedisServer::start("a_store_of_the_whole_process_serves_threads") else { return };
    let redis = RedisStore::new(server.url()).unwrap();
    block_on(store(&redis, None, b"1"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| runtime().block_on(async { (load(&redis).await.unwrap(), load(&redis).await.unwrap()) }));
        }
    });
}
