//! Clients that stall, and those that are only slow: with short limits, which only these tests can set.
#![cfg(feature = "server")]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::channel::EmulatedChannel;
use crate::emulator::Emulator;
use crate::fault::Fault;
use crate::request_body_stream::RequestBodyStream;
use crate::server::EmulatorServer;
use crate::timeouts::Timeouts;

const PAUSE: Duration = Duration::from_millis(400);

/// For what must happen, on a machine that is busy.
const LONG: Duration = Duration::from_secs(30);

const LIMITS: Timeouts = Timeouts { head: PAUSE, body_pause: PAUSE, body: Duration::from_millis(2000), write: PAUSE };

fn emulator() -> Emulator {
    let channel = EmulatedChannel::new("1234567890", "s3cret").unwrap();
    Emulator::builder().channel(channel).build().unwrap()
}

async fn serve(emulator: &Emulator) -> EmulatorServer {
    let fallback = tower::service_fn(|request: Request<RequestBodyStream>| async move {
        let endless = request.uri().path() == "/endless";
        Ok::<_, Infallible>(Response::new(Ticks { endless, len: if endless { 8 } else { 64 * 1024 }, pause: None }))
    });
    let builder = emulator.server().fallback(fallback).timeouts(LIMITS);
    builder.serve(([127, 0, 0, 1], 0).into()).await.unwrap()
}

/// Chunks for ever: one every 50 ms, or as fast as they are taken.
struct Ticks {
    endless: bool,
    len: usize,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Body for Ticks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.endless {
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(50))));
            std::task::ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'.'; self.len])))))
    }
}

const FORM: &str = "grant_type=client_credentials&client_id=1234567890&client_secret=s3cret";

fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
}

async fn connect(server: &EmulatorServer) -> TcpStream {
    TcpStream::connect(server.local_addr()).await.unwrap()
}

/// Writes for as long as the server takes it, and returns how much that was and whether the connection broke.
async fn fill(stream: &mut TcpStream, bytes: &[u8]) -> (usize, bool) {
    let mut written = 0;
    loop {
        match timeout(LONG, stream.write(bytes)).await {
            Ok(Ok(count)) => written += count,
            Ok(Err(_)) => return (written, true),
            Err(_) => return (written, false),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_disconnected() {
    let server = serve(&emulator()).await;
    let request = format!("{}{FORM}", head("/oauth2/v3/token", FORM.len()));
    for pipelined in
        [request.as_str(), "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"]
    {
        let mut stream = connect(&server).await;
        let start = Instant::now();
        let (written, broken) = fill(&mut stream, pipelined.repeat(1000).as_bytes()).await;
        assert!(broken, "{written} bytes were taken, and it is still connected");
        assert!(start.elapsed() >= PAUSE, "it had its time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_gets_everything() {
    let emulator = emulator();
    let server = serve(&emulator).await;
    emulator.inject(Fault::oversized_body());
    let mut stream = connect(&server).await;
    stream.write_all(format!("{}{FORM}", head("/oauth2/v3/token", FORM.len())).as_bytes()).await.unwrap();
    let mut chunk = vec![0; 512 * 1024];
    let mut read = 0;
    let start = Instant::now();
    while read < 16 * 1024 * 1024 {
        sleep(PAUSE / 8).await;
        let count = timeout(LONG, stream.read(&mut chunk)).await.unwrap().unwrap();
        assert!(count > 0, "cut off after {read} bytes");
        read += count;
    }
    assert!(start.elapsed() > PAUSE * 3, "slower than any of the limits: {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_lasts_while_its_client_reads() {
    let server = serve(&emulator()).await;
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let start = Instant::now();
    while start.elapsed() < PAUSE * 6 {
        assert!(timeout(LONG, stream.read(&mut [0; 1024])).await.unwrap().unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_be_slow_but_not_stand_still() {
    let server = serve(&emulator()).await;
    let send = async |pause: Duration, length: usize, body: &str| {
        let mut stream = connect(&server).await;
        stream.write_all(head("/oauth2/v3/token", length).as_bytes()).await.unwrap();
        for piece in body.as_bytes().chunks(10) {
            if stream.write_all(piece).await.is_err() {
                break;
            }
            sleep(pause).await;
        }
        let mut received = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut received)).await;
        String::from_utf8(received).unwrap()
    };
    let slow = send(PAUSE / 4, FORM.len(), FORM).await;
    assert!(slow.starts_with("HTTP/1.1 200 "), "longer than the pause in all: {slow}");
    let stalled = send(Duration::ZERO, FORM.len() + 1, FORM).await;
    assert!(stalled.starts_with("HTTP/1.1 408 "), "{stalled}");
    let dripping = send(PAUSE / 2, 100_000, &FORM.repeat(3)).await;
    assert!(dripping.starts_with("HTTP/1.1 408 "), "longer than a body may take: {dripping}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_notices_a_stalled_body() {
    let echo = tower::service_fn(|request: Request<RequestBodyStream>| async move {
        let outcome = http_body_util::BodyExt::collect(request.into_body()).await;
        let text = outcome.map_or_else(|error| error.to_string(), |body| format!("{} bytes", body.to_bytes().len()));
        Ok::<_, Infallible>(Response::new(http_body_util::Full::new(Bytes::from(text))))
    });
    let builder = emulator().server().fallback(echo).timeouts(LIMITS);
    let server = builder.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let late = || "did not arrive in time".to_owned();
    for (length, drips, says) in
        [(FORM.len(), false, format!("{} bytes", FORM.len())), (99_999, false, late()), (99_999, true, late())]
    {
        let mut stream = connect(&server).await;
        stream.write_all(head("/echo", length).as_bytes()).await.unwrap();
        stream.write_all(FORM.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        let start = Instant::now();
        while !String::from_utf8_lossy(&received).contains(&says) {
            assert!(start.elapsed() < LONG, "{says}");
            if drips && stream.write_all(b".").await.is_ok() {
                // Each byte comes before the pause is over, and the body takes too long.
                if let Ok(read) = timeout(PAUSE / 4, stream.read_buf(&mut received)).await {
                    assert!(read.unwrap() > 0, "{says}");
                }
                continue;
            }
            assert!(timeout(LONG, stream.read_buf(&mut received)).await.unwrap().unwrap() > 0, "{says}");
        }
    }
}
