//! How many connections there are, and which calls are repeated on another one.

use line_channel_token_cache::store::StoreErrorKind;

use crate::store_calls::{assert_error, impatient, key, load, store};
use crate::support::{ProxyMode, RedisServer, TcpProxy, wait_until};

use line_channel_token_cache::store::{Comparison, StoredValue, TokenStore as _};

#[tokio::test]
async fn all_handles_and_calls_share_one_connection() {
    let Some(server) = RedisServer::start("all_handles_and_calls_share_one_connection") else { return };
    let proxy = TcpProxy::to(server.port());
    let redis = impatient(&proxy.url()).build().unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let redis = redis.clone();
            tokio::spawn(async move { load(&redis).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(proxy.accepted(), 1);
    drop(redis);
    wait_until("the connection is closed with the store", || {
        !server.command(&["CLIENT", "LIST"]).text().contains("cmd=eval")
    });
}

#[tokio::test]
async fn a_lost_connection_is_replaced_once() {
    let Some(server) = RedisServer::start("a_lost_connection_is_replaced_once") else { return };
    let proxy = TcpProxy::to(server.port());
    let redis = impatient(&proxy.url()).build().unwrap();
    load(&redis).await.unwrap();
    proxy.cut();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let redis = redis.clone();
            tokio::spawn(async move { load(&redis).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(proxy.accepted(), 2);
}

#[tokio::test]
async fn a_repeated_compare_and_set_knows_its_own_value() {
    let Some(server) = RedisServer::start("a_repeated_compare_and_set_knows_its_own_value") else { return };
    let proxy = TcpProxy::to(server.port());
    let redis = impatient(&proxy.url()).response_timeout(std::time::Duration::from_secs(5)).build().unwrap();
    let mut revision = store(&redis, None, b"1").await;
    // The value is stored, the response is lost, and the connection ends: the second attempt finds what the first has stored.
    proxy.set(ProxyMode::SwallowResponses);
    let (store_again, expected) = (redis.clone(), revision.clone());
    let call = tokio::task::spawn(async move {
        store_again
            .compare_and_set(&key(), Some(&expected), &StoredValue::new(b"2".to_vec()), crate::store_calls::HOUR)
            .await
    });
    let stored = || server.command(&["GET", crate::store_calls::REDIS_KEY]).text();
    tokio::task::spawn_blocking({
        let socket = server.socket();
        move || {
            let mut connection = crate::support::RespConnection::open(&socket).unwrap();
            wait_until("the value is stored", || {
                connection.call(&["GET", crate::store_calls::REDIS_KEY]).unwrap().text().ends_with("\n2")
            });
        }
    })
    .await
    .unwrap();
    proxy.set(ProxyMode::Pass);
    proxy.cut();
    let Comparison::Stored(second) = call.await.unwrap().unwrap() else { panic!("it was taken for somebody else's") };
    assert_ne!(second, revision);
    assert!(stored().contains(second.as_str()));
    revision = second;
    // The same, and somebody else has stored something since: nobody can tell whether the first attempt did.
    proxy.set(ProxyMode::SwallowResponses);
    let (store_again, expected) = (redis.clone(), revision.clone());
    let call = tokio::task::spawn(async move {
        store_again
            .compare_and_set(&key(), Some(&expected), &StoredValue::new(b"3".to_vec()), crate::store_calls::HOUR)
            .await
    });
    let direct = impatient(&server.url()).build().unwrap();
    let third = loop {
        match load(&direct).await.unwrap() {
            Some(entry) if entry.revision != revision => break entry.revision,
            _ => tokio::task::yield_now().await,
        }
    };
    store(&direct, Some(&third), b"somebody else's").await;
    proxy.set(ProxyMode::Pass);
    proxy.cut();
    assert_error(&call.await.unwrap().unwrap_err(), StoreErrorKind::Unavailable, "load it again");
}
