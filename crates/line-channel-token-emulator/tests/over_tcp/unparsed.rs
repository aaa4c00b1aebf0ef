//! What never becomes a request is recorded too, and its response has an id.

use crate::raw::{Reply, Wire};
use crate::support::*;

/// A request on a fresh connection, or behind a good one, and its response.
async fn ask(bytes: &str, behind_another: bool) -> (Reply, String) {
    let (emulator, records) = observed();
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut wire = Wire::connect(&server).await;
    if behind_another {
        wire.send(format!("GET /oauth2/v2.1/verify?access_token=x HTTP/1.1\r\nHost: x\r\n\r\n{bytes}")).await;
        assert_eq!(wire.reply(false).await.status, 400);
    } else {
        wire.send(bytes).await;
    }
    let reply = wire.reply(false).await;
    assert!(wire.is_closed().await, "nothing can follow");
    let mut records = records.lock().unwrap();
    assert_eq!(records.len(), 1 + usize::from(behind_another), "recorded once");
    let record = records.pop().unwrap();
    assert_eq!(reply.header("x-line-request-id"), record.request_id);
    assert_eq!(record.status.as_u16(), reply.status);
    (reply, record.to_string())
}

#[tokio::test]
async fn unparsable_heads_are_recorded() {
    let long_uri = format!("GET /oauth2/v2.1/verify?access_token={} HTTP/1.1\r\nHost: x\r\n\r\n", "s".repeat(70_000));
    // hyper looks at its limit of 408 KiB between two reads, of which the last may bring as much again.
    let large = format!("GET / HTTP/1.1\r\nHost: x\r\nx-large: {}\r\n\r\n", "s".repeat(1_000_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: s\r\n".repeat(101));
    for (bytes, status, says) in [
        ("\u{16}\u{3}\u{1}\u{2}hello\r\n\r\n", 400, "speaking TLS"),
        ("GET /s s HTTP/1.1\r\n\r\n", 400, "cannot be parsed"),
        ("GET / HTTP/9.9\r\n\r\n", 400, "cannot be parsed"),
        ("POST /oauth2/v3/token HTTP/1.1\r\nContent-Length: s\r\n\r\n", 400, "cannot be parsed"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "cannot be parsed"),
        (&*long_uri, 414, "longer than 64 KiB"),
        (&large, 431, "too large"),
        (&many, 431, "too large"),
    ] {
        for behind_another in [false, true] {
            let (reply, record) = ask(bytes, behind_another).await;
            assert_eq!(reply.status, status, "{record}");
            assert_eq!((reply.header("connection"), reply.header("content-type")), ("close", "application/json"));
            assert!(reply.body.starts_with(r#"{"message":""#), "{}", reply.body);
            assert!(record.starts_with(&format!("UNPARSED {status} (request id ")), "{record}");
            assert!(record.contains(says) && !record.contains("sss"), "{record}");
        }
    }
}

#[tokio::test]
async fn http_2_gets_a_close() {
    let (emulator, records) = observed();
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut wire = Wire::connect(&server).await;
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(wire.is_closed().await);
    assert!(records.lock().unwrap().is_empty());
}
