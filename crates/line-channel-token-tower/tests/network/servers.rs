//! Servers on loopback ports: one that records what it gets, a proxy, and TLS in front of another.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::ca;

/// Records the heads of requests, and responds to each as it is told to.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
pub(crate) const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

pub(crate) fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Over there\r\nlocation: {location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
}

impl Recorder {
    /// Over plain HTTP.
    pub(crate) async fn plain(response: impl Into<String>) -> Self {
        Self::start(None, response.into()).await
    }

    /// Over TLS, with a certificate for this name.
    pub(crate) async fn tls(name: &str, response: impl Into<String>) -> Self {
        Self::start(Some(name), response.into()).await
    }

    async fn start(name: Option<&str>, response: String) -> Self {
        let acceptor = name.map(ca::acceptor);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Self { address: listener.local_addr().unwrap(), heads: Arc::default() };
        let heads = recorder.heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heads, response) = (acceptor.clone(), heads.clone(), response.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => respond(stream, &heads, &response).await,
                        Some(acceptor) => respond(acceptor.accept(stream).await?, &heads, &response).await,
                    }
                });
            }
        });
        recorder
    }

    /// The heads of the requests, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// How many requests there were, and how many of them carried a token.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let heads = self.heads();
        let with_token = heads.iter().filter(|head| head.contains("authorization") || head.contains("t0ken"));
        (heads.len(), with_token.count())
    }
}

async fn respond(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    heads: &Mutex<Vec<String>>,
    response: &str,
) -> std::io::Result<()> {
    let head = read_head(&mut stream).await?;
    heads.lock().unwrap().push(head);
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).to_ascii_lowercase())
}

/// TLS of this name in front of a plain server.
pub(crate) async fn tls_before(name: &str, server: SocketAddr) -> SocketAddr {
    let acceptor = ca::acceptor(name);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(server).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    address
}

/// An HTTP proxy, which records all bytes that it can see. It connects each tunnel to `server`, and responds to other requests itself.
pub(crate) async fn proxy(server: SocketAddr) -> Recorder {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let recorder = Recorder { address: listener.local_addr().unwrap(), heads: Arc::default() };
    let heads = recorder.heads.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let heads = heads.clone();
            tokio::spawn(async move {
                let head = read_head(&mut client).await?;
                let is_tunnel = head.starts_with("connect ");
                heads.lock().unwrap().push(head);
                if !is_tunnel {
                    client.write_all(OK.as_bytes()).await?;
                    return client.shutdown().await;
                }
                client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
                let mut server = TcpStream::connect(server).await?;
                let mut seen = vec![0; 65_536];
                loop {
                    tokio::select! {
                        read = client.read(&mut seen) => match read? {
                            0 => return Ok(()),
                            read => {
                                heads.lock().unwrap().push(String::from_utf8_lossy(&seen[..read]).to_ascii_lowercase());
                                server.write_all(&seen[..read]).await?;
                            }
                        },
                        () = async { let _ = server.readable().await; } => {
                            let mut back = vec![0; 65_536];
                            match server.try_read(&mut back) {
                                Ok(0) => return Ok(()),
                                Ok(read) => client.write_all(&back[..read]).await?,
                                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                                Err(error) => return Err(error),
                            }
                        }
                    }
                }
            });
        }
    });
    recorder
}
