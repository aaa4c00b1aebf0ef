//! HTTP/1.1 by hand, over a plain TCP connection.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::time::Duration;

use line_channel_token_emulator::EmulatorServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to the server, spoken to in bytes.
pub struct Wire(pub TcpStream);

/// A response, parsed by hand.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Wire {
    pub async fn connect(server: &EmulatorServer) -> Self {
        Self(TcpStream::connect(server.local_addr()).await.unwrap())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads one response; a HEAD has no body whatever its length says.
    pub async fn reply(&mut self, head_request: bool) -> Reply {
        let read = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.0.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let status = head[9..12].parse().unwrap();
            let mut reply = Reply { status, head, body: String::new() };
            if !head_request && status != 100 {
                let mut body = vec![0; reply.header("content-length").parse().unwrap()];
                self.0.read_exact(&mut body).await.unwrap();
                reply.body = String::from_utf8(body).unwrap();
            }
            reply
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("a response in time")
    }

    pub async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Reply {
        self.send(bytes).await;
        self.reply(false).await
    }

    /// Whether the server has closed the connection.
    pub async fn is_closed(&mut self) -> bool {
        let end = tokio::time::timeout(Duration::from_secs(20), self.0.read(&mut [0; 1])).await;
        matches!(end.expect("a close in time"), Ok(0) | Err(_))
    }
}
