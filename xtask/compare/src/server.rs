//! A token server on a loopback port, which gives everybody the same token.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The token, about as long as a real one.
pub(crate) const TOKEN: &str = concat!(
    "eyJhbGciOiJIUzI1NiJ9.dGhlLXRva2VuLW9mLXRoZS1wZWVycy13aGljaC1vcGVucy1ub3RoaW5nLWF0LWFsbC4u",
    "dGhlLXRva2VuLW9mLXRoZS1wZWVycy13aGljaC1vcGVucy1ub3RoaW5nLWF0LWFsbC4u.c2lnbmVkLWJ5LW5vYm9keQ",
);

/// The server. It answers for as long as the process lives.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// Starts it on a thread of its own.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self { address: listener.local_addr()?, asked: Arc::default() };
        let asked = Arc::clone(&server.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::Relaxed);
                // A client that gives up is told by its own error.
                let _ = stream.and_then(answer);
            }
        });
        Ok(server)
    }

    /// Where to ask for a token.
    pub(crate) fn token_uri(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// How many requests there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Fails where a peer hands out something else, because it would not be its cached token that is timed.
pub(crate) fn expect_token(token: Option<&str>) -> Result<(), String> {
    if token == Some(TOKEN) { Ok(()) } else { Err(format!("not the token of the server: {token:?}")) }
}

/// Reads one request and closes, so that nobody keeps a connection that needs attention later.
fn answer(stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
    let body = format!(r#"{{"access_token":"{TOKEN}","expires_in":3600,"token_type":"Bearer"}}"#);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
    write!(reader.get_mut(), "{head}{}\r\n\r\n{body}", body.len())
}
