//! How requests are framed, and what a server may announce.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
use line_channel_token_ureq::UreqBackend;
use line_channel_token_ureq::blocking::block_on;

/// Serves one connection with a script.
fn server<T: Send + 'static>(script: impl FnOnce(TcpStream) -> T + Send + 'static) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/oauth2/v3/token", listener.local_addr().unwrap());
    (url, thread::spawn(move || script(listener.accept().unwrap().0)))
}

fn call(request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
    block_on(UreqBackend::builder().no_proxy().build().unwrap().send(request, limits))
}

/// Reads up to the end of a head.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn an_announced_length_takes_no_memory() {
    for length in [u64::MAX, i64::MAX as u64, 1 << 60] {
        let (url, serving) = server(move |mut stream| {
            read_head(&mut stream);
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{}}").unwrap();
        });
        let limits = Limits::default().with_max_body(usize::MAX);
        let error = call(Request::get(url).body(Bytes::new()).unwrap(), limits).unwrap_err();
        assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Interrupted, Sent::Unknown));
        serving.join().unwrap();
    }
}

#[test]
fn the_body_itself_says_how_it_is_framed() {
    for (method, body, headers) in [
        (Method::POST, "abcdef", &[("content-length", "3")][..]),
        (Method::POST, "abcdef", &[("content-length", "60")]),
        (Method::POST, "abcdef", &[("content-length", "6"), ("content-length", "7")]),
        (Method::POST, "abcdef", &[("transfer-encoding", "chunked")]),
        (Method::POST, "abcdef", &[("transfer-encoding", "chunked"), ("content-length", "3")]),
        (Method::POST, "", &[("content-length", "3")]),
        (Method::GET, "", &[("content-length", "3")]),
        (Method::GET, "", &[("transfer-encoding", "chunked")]),
    ] {
        let (url, serving) = server(|mut stream| {
            let head = read_head(&mut stream);
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}").unwrap();
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            (head, rest)
        });
        let mut request = Request::builder().method(&method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let limits = Limits::default().with_timeout(Duration::from_secs(5));
        let response = call(request.body(body.into()).unwrap(), limits);
        assert_eq!(response.unwrap().status(), 200, "{method} {headers:?}");
        let (head, rest) = serving.join().unwrap();
        let framing: Vec<_> =
            head.lines().filter(|line| line.contains("length") || line.contains("encoding")).collect();
        let expected =
            if method == Method::POST { vec![format!("content-length: {}", body.len())] } else { Vec::new() };
        assert_eq!(
            (framing, rest.as_str()),
            (expected.iter().map(String::as_str).collect(), body),
            "{method} {headers:?}"
        );
    }
}
