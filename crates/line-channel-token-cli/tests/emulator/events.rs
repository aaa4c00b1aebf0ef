//! Server-sent events over real TCP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::{Emulator, PATIENCE};

/// A client that reads events as they come.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(emulator: &Emulator, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", emulator.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("GET /_emulator/events{query} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event of this name, and its data.
    fn next(&mut self, name: &str) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
            if line.trim_end() != format!("event: {name}") {
                continue;
            }
            loop {
                line.clear();
                assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
                if let Some(data) = line.strip_prefix("data: ") {
                    return serde_json::from_str(data).unwrap();
                }
            }
        }
    }
}

#[test]
fn requests_and_changes_arrive_as_they_happen() {
    let emulator = Emulator::start(&[]);
    let mut client = Client::connect(&emulator, "", "");
    let state = client.next("state");
    assert_eq!(state["channels"][0]["tokens"], Value::Array(vec![]));
    assert!(state.get("requests").is_none());
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 200);
    let request = client.next("request");
    assert_eq!((request["seq"].as_u64(), request["operation"].as_str()), (Some(1), Some("issue")));
    assert_eq!(client.next("state")["channels"][0]["tokens"].as_array().unwrap().len(), 1);
    emulator.json("POST", "/_emulator/clock/advance", r#"{"seconds":2592000}"#);
    let state = client.next("state");
    assert_eq!(state["channels"][0]["tokens"], Value::Array(vec![]), "it has expired");
}

#[test]
fn a_client_that_connects_again_misses_nothing() {
    let emulator = Emulator::start(&[]);
    for _ in 0..3 {
        emulator.issue("1234567890", "wrong");
    }
    let mut all = Client::connect(&emulator, "?after=0", "");
    for seq in 1..=3 {
        let request = all.next("request");
        assert_eq!(request["seq"].as_u64(), Some(seq));
        assert!(request["refusal"].as_str().is_some());
    }
    let mut again = Client::connect(&emulator, "", "Last-Event-ID: 2\r\n");
    assert_eq!(again.next("request")["seq"].as_u64(), Some(3));
    assert_eq!(emulator.get("/_emulator/events?after=x").status, 400);
}

#[test]
fn many_clients_and_one_that_never_reads_do_no_harm() {
    let emulator = Emulator::start(&[]);
    let mut clients: Vec<Client> = (0..100).map(|_| Client::connect(&emulator, "", "")).collect();
    let idle: Vec<Client> = (0..5).map(|_| Client::connect(&emulator, "?after=0", "")).collect();
    for client in &mut clients {
        client.next("state");
    }
    for _ in 0..300 {
        emulator.issue("1234567890", "wrong");
    }
    for client in &mut clients {
        // What was skipped is gone from nobody's view: each sees the last one.
        while client.next("request")["seq"].as_u64() != Some(300) {}
    }
    drop(idle);
    assert_eq!(emulator.get("/_emulator/state").value()["counts"]["requests"].as_u64(), Some(300));
}

#[test]
fn the_log_is_bounded() {
    let emulator = Emulator::start(&["--rate-limit", "off"]);
    let mut stream = TcpStream::connect(("127.0.0.1", emulator.port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let requests = 2_500;
    let writer = std::thread::spawn({
        let mut stream = stream.try_clone().unwrap();
        move || {
            for nth in 0..requests {
                let end = if nth + 1 == requests { "Connection: close\r\n" } else { "" };
                stream.write_all(format!("GET /nothing HTTP/1.1\r\nHost: localhost\r\n{end}\r\n").as_bytes()).unwrap();
            }
        }
    });
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    writer.join().unwrap();
    let kept = emulator.get("/_emulator/requests").value();
    let kept = kept["requests"].as_array().unwrap();
    assert_eq!((kept.len(), kept[0]["seq"].as_u64()), (2_000, Some(501)));
    let state = emulator.get("/_emulator/state").value();
    assert_eq!(state["requests"].as_array().unwrap().len(), 200);
    assert_eq!(state["counts"]["requests"].as_u64(), Some(2_500));
}
