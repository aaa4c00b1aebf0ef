//! What ureq writes into the log of a program that shows everything. A test binary of its own, because a process has one logger.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{HttpBackend, Limits, Sent};
use line_channel_token_ureq::UreqBackend;
use line_channel_token_ureq::blocking::block_on;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// Keeps everything but what the parser says at trace, if that is switched off.
struct Everything {
    lines: Mutex<String>,
    parser: Mutex<Level>,
}

static LOG: Everything = Everything { lines: Mutex::new(String::new()), parser: Mutex::new(Level::Trace) };

impl Log for Everything {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.target().starts_with("ureq_proto") || metadata.level() <= *self.parser.lock().unwrap()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            *self.lines.lock().unwrap() += &format!("{} {}\n", record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Responds to one request with a token, and returns what it got.
fn server() -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/oauth2/v2.1/verify?access_token=s3cret", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = String::new();
        let mut byte = [0];
        while !request.ends_with("client_secret=s3cret") && stream.read(&mut byte).unwrap() > 0 {
            request.push(byte[0].into());
        }
        let body = r#"{"access_token":"s3cret"}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        request
    });
    (url, thread)
}

#[test]
fn no_log_shows_a_secret() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let backend = UreqBackend::builder().no_proxy().build().unwrap();
    let call = |url: &str| {
        let request = Request::post(url).body(Bytes::from("client_secret=s3cret")).unwrap();
        block_on(backend.send(request, Limits::default()))
    };

    // The parser would write the response into the log, byte by byte.
    let error = call("http://127.0.0.1:1/").unwrap_err();
    assert_eq!(error.sent(), Sent::NotSent);
    assert!(error.to_string().contains("`ureq_proto`"), "{error}");

    *LOG.parser.lock().unwrap() = Level::Debug;
    let (url, received) = server();
    assert!(call(&url).unwrap().body().ends_with(b"s3cret\"}"));
    assert!(received.join().unwrap().starts_with("POST /oauth2/v2.1/verify?access_token=s3cret HTTP/1.1\r\n"));
    let lines = LOG.lines.lock().unwrap();
    assert!(lines.contains("ureq::run "), "the test sees nothing: {lines}");
    assert!(!lines.contains("s3cret") && !lines.contains("access_token"), "{lines}");
}
