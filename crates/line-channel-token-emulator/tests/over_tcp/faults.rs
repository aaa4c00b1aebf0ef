//! Injected faults as they look in raw bytes: real resets, real garbage, real lengths.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use crate::raw::Wire;
use crate::support::*;
use line_channel_token_core::{ChannelId, Clock, Moment, Operation, Sleep, SystemClock};
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorServer, Fault, TokenFamily};
use tokio::io::AsyncReadExt;

fn request(close: bool) -> String {
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let connection = if close { "Connection: close\r\n" } else { "" };
    format!(
        "POST /v2/oauth/accessToken HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n{connection}Content-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

async fn serve() -> (Emulator, EmulatorServer) {
    let emulator = emulator().0;
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    (emulator, server)
}

fn issued(emulator: &Emulator) -> usize {
    emulator.live_tokens(&ChannelId::new(CHANNEL).unwrap(), TokenFamily::ShortLived)
}

/// Everything until the end, and how that came.
async fn all(wire: &mut Wire) -> (String, Result<(), ErrorKind>) {
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), wire.0.read_to_end(&mut received));
    let end = read.await.expect("an end in time").map(drop).map_err(|error| error.kind());
    (String::from_utf8(received).unwrap(), end)
}

#[tokio::test]
async fn resets_are_resets() {
    let (emulator, server) = serve().await;
    for (fault, effect) in [(Fault::connection_reset_before(), 0), (Fault::connection_reset_after(), 1)] {
        emulator.inject(fault);
        let mut wire = Wire::connect(&server).await;
        wire.send(request(false)).await;
        assert_eq!(all(&mut wire).await, (String::new(), Err(ErrorKind::ConnectionReset)));
        assert_eq!(issued(&emulator), effect);
    }
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(request(false)).await.status, 200);
    emulator.inject(Fault::connection_reset_after());
    wire.send(request(false)).await;
    assert_eq!(all(&mut wire).await.1, Err(ErrorKind::ConnectionReset), "the second request of a connection");
}

#[tokio::test]
async fn garbage_comes_before_any_http() {
    let (emulator, server) = serve().await;
    emulator.inject(Fault::garbage());
    let mut wire = Wire::connect(&server).await;
    wire.send(request(false)).await;
    let (received, end) = all(&mut wire).await;
    assert!(!received.is_empty() && !received.contains("HTTP"), "{received}");
    assert_eq!((end, issued(&emulator)), (Ok(()), 0));

    // Behind the response to another request of the same segment.
    emulator.inject(Fault::garbage().for_operation(Operation::Issue));
    let mut wire = Wire::connect(&server).await;
    wire.send(format!("GET /first HTTP/1.1\r\nHost: x\r\n\r\n{}", request(false))).await;
    let (received, _) = all(&mut wire).await;
    assert!(received.starts_with("HTTP/1.1 404 ") && received.ends_with("}SSH-2.0-OpenSSH_9.9\r\n"), "{received}");
}

#[tokio::test]
async fn truncated_bodies_are_shorter_than_announced() {
    let (emulator, server) = serve().await;
    emulator.inject(Fault::truncated_body().times(2));
    let mut wire = Wire::connect(&server).await;
    wire.send(request(false)).await;
    let (received, end) = all(&mut wire).await;
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(body.starts_with(r#"{"access_token":""#) && body.len() < length.parse().unwrap(), "{received}");
    assert_eq!((end, issued(&emulator)), (Ok(()), 1));

    let form = "access_token=ab%2B%2F";
    let revoke = format!(
        "POST /v2/oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut wire = Wire::connect(&server).await;
    wire.send(revoke).await;
    let (received, _) = all(&mut wire).await;
    assert!(received.contains("content-length: 1\r\n") && received.ends_with("\r\n\r\n"), "{received}");
}

#[tokio::test]
async fn responses_with_faults_keep_the_connection() {
    let (emulator, server) = serve().await;
    let mut wire = Wire::connect(&server).await;
    for (fault, status, content_type, body) in [
        (Fault::html(), 502, Some("text/html"), "<!doctype html>"),
        (Fault::status(429).unwrap(), 429, Some("application/json"), r#"{"message":"The API rate limit"#),
        (Fault::redirect(), 307, Some("application/json"), r#"{"message":"Temporary Redirect"}"#),
        (Fault::wrong_content_type(), 200, Some("text/html"), r#"{"access_token":""#),
        (Fault::invalid_json(), 200, Some("application/json"), r#"{"access_token":""#),
        (Fault::empty_body(), 200, None, ""),
    ] {
        emulator.inject(fault.clone());
        let reply = wire.ask(request(false)).await;
        assert_eq!((reply.status, reply.find("content-type")), (status, content_type), "{fault:?}");
        assert!(reply.body.starts_with(body), "{}", reply.body);
        assert_eq!(reply.header("x-line-request-id").len(), 36);
        assert!(!reply.head.contains("connection: close"), "{}", reply.head);
        if status == 307 {
            assert_eq!(reply.header("location"), "/redirected");
        }
    }
    emulator.inject(Fault::oversized_body());
    let reply = wire.ask(request(false)).await;
    assert!(reply.body.len() > 16 * 1024 * 1024 && reply.body.trim_end().ends_with('}'));
    emulator.inject(Fault::status(204).unwrap());
    wire.send(request(true)).await;
    let (received, end) = all(&mut wire).await;
    assert!(received.starts_with("HTTP/1.1 204 ") && received.ends_with("\r\n\r\n"), "{received}");
    assert_eq!(end, Ok(()));
}

#[tokio::test]
async fn head_requests_meet_faults_too() {
    let (emulator, server) = serve().await;
    let mut wire = Wire::connect(&server).await;
    for (fault, status) in
        [(Fault::status(503).unwrap(), 503), (Fault::truncated_body(), 400), (Fault::slow_body(), 400)]
    {
        emulator.inject(fault);
        wire.send("HEAD /oauth2/v2.1/verify?access_token=x HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(wire.reply(true).await.status, status);
    }
}

#[tokio::test]
async fn a_hanging_request_ends_with_its_client() {
    let (emulator, server) = serve().await;
    for half in [true, false] {
        emulator.inject(Fault::hang());
        let mut wire = Wire::connect(&server).await;
        wire.send(request(false)).await;
        let early = tokio::time::timeout(Duration::from_millis(100), wire.0.readable()).await;
        assert!(early.is_err(), "nothing arrives");
        if half {
            tokio::io::AsyncWriteExt::shutdown(&mut wire.0).await.unwrap();
            assert_eq!(all(&mut wire).await, (String::new(), Ok(())), "the server closes too");
        } else {
            // With a request behind it, whose end the server cannot read.
            wire.send(request(false)).await;
            drop(wire);
        }
    }
    tokio::time::timeout(Duration::from_secs(4), server.shutdown()).await.expect("nothing is left open");
    assert_eq!(issued(&emulator), 0);
}

/// The machine's clock, on which a second of sleep is a millisecond.
#[derive(Debug)]
struct Fast;

impl Clock for Fast {
    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration / 1000)
    }
}

#[tokio::test]
async fn slow_bodies_arrive_byte_by_byte() {
    let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
    let emulator = Emulator::builder().channel(channel).clock(Arc::new(Fast)).build().unwrap();
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    emulator.inject(Fault::slow_body().with_delay(Duration::from_secs(20)));
    let mut wire = Wire::connect(&server).await;
    let start = tokio::time::Instant::now();
    wire.send(request(true)).await;
    let mut reads = 0;
    let mut received = Vec::new();
    while wire.0.read_buf(&mut received).await.unwrap() > 0 {
        reads += 1;
    }
    let received = String::from_utf8(received).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())) && body.ends_with('}'), "{received}");
    assert!(start.elapsed() >= Duration::from_millis(20 + body.len() as u64), "{:?}", start.elapsed());
    assert!(reads > 20, "in {reads} pieces");
}

#[tokio::test]
async fn delays_hold_back_the_response_alone() {
    let clock = TestClock::new();
    let emulator = builder(&clock).build().unwrap();
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    emulator.inject(Fault::delay(Duration::from_secs(3600)).times(2));
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(request(false)).await.status, 200, "this clock does not sleep");
    assert_eq!(issued(&emulator), 1);

    let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
    let emulator = Emulator::builder().channel(channel).build().unwrap();
    let server = emulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    emulator.inject(Fault::delay(Duration::from_secs(3600)));
    let mut late = Wire::connect(&server).await;
    late.send(request(false)).await;
    while issued(&emulator) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let early = tokio::time::timeout(Duration::from_millis(50), late.0.readable()).await;
    assert!(early.is_err(), "its token was issued, and its response is held back");
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(request(false)).await.status, 200, "nobody else waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_so_many_connections_meet_it() {
    let (emulator, server) = serve().await;
    emulator.inject(Fault::connection_reset_after().times(7));
    let mut tasks = tokio::task::JoinSet::new();
    let address = server.local_addr();
    for _ in 0..40 {
        tasks.spawn(async move {
            let mut wire = Wire(tokio::net::TcpStream::connect(address).await.unwrap());
            wire.send(request(true)).await;
            all(&mut wire).await.1.is_err()
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.into_iter().filter(|reset| *reset).count(), 7);
    assert_eq!(issued(&emulator), 30, "each has its effect");
}
