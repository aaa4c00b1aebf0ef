//! The servers and the proxy of these tests do what they say.
#![cfg(unix)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use support::{ProxyMode, RedisServer, Reply, Sentinel, TcpProxy, wait_until};

#[test]
fn a_server_restarts_empty_and_pauses() {
    let Some(mut server) = RedisServer::start("a_server_restarts_empty_and_pauses") else { return };
    server.command(&["SET", "a", "1"]);
    assert_eq!(server.command(&["GET", "a"]), Reply::Bulk(b"1".to_vec()));
    server.restart();
    assert_eq!(server.command(&["GET", "a"]), Reply::Nil);
    server.pause();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    assert!(stream.read(&mut [0; 7]).is_err());
    server.resume();
    stream.set_read_timeout(None).unwrap();
    let mut response = [0; 7];
    stream.read_exact(&mut response).unwrap();
    assert_eq!(&response, b"+PONG\r\n");
    server.kill();
    assert!(TcpStream::connect(server.address()).is_err());
}

#[test]
fn a_sentinel_fails_over_to_the_replica() {
    let Some(mut master) = RedisServer::start("a_sentinel_fails_over_to_the_replica") else { return };
    let replica = master.replica();
    let sentinel = Sentinel::watching("bots", &master);
    assert_eq!(sentinel.master_port("bots"), master.port());
    master.kill();
    wait_until("the replica is the master", || sentinel.master_port("bots") == replica.port());
}

#[test]
fn a_proxy_passes_swallows_and_cuts() {
    let Some(server) = RedisServer::start("a_proxy_passes_swallows_and_cuts") else { return };
    let proxy = TcpProxy::to(server.port());
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.write_all(b"INCR a\r\n").unwrap();
    let mut response = [0; 4];
    stream.read_exact(&mut response).unwrap();
    assert_eq!(&response, b":1\r\n");
    proxy.set(ProxyMode::SwallowResponses);
    stream.write_all(b"INCR a\r\n").unwrap();
    wait_until("the request arrives", || server.command(&["GET", "a"]) == Reply::Bulk(b"2".to_vec()));
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(stream.read(&mut response).is_err());
    proxy.cut();
    assert!(matches!(stream.read(&mut response), Ok(0) | Err(_)));
    assert_eq!(proxy.accepted(), 1);
}
