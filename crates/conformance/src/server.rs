//! A server that does what its script says, byte by byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::{Shows, acceptor};

/// Runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    tls: bool,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

/// One connection, whose TLS handshake is done.
pub(crate) struct Connection {
    stream: Stream,
    read: Vec<u8>,
    /// Counts from 0.
    pub(crate) number: usize,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

trait ReadWrite: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ReadWrite for T {}

/// A request as it came over the wire.
#[derive(Debug)]
pub(crate) struct Received {
    /// The request line and the headers, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The headers with their names in lower case, sorted.
    pub(crate) fn headers(&self) -> Vec<(String, &str)> {
        let split = |line: &'_ str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.len()));
        let mut headers: Vec<_> = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| split(line).map(|(name, length)| (name, line[line.len() - length..].trim())))
            .collect();
        headers.sort();
        headers
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().into_iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }
}

impl Server {
    /// Serves each connection with `script`, each in a task of its own.
    pub(crate) async fn plain<F>(script: fn(Connection) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(None, script).await
    }

    /// The same over TLS 1.2 and 1.3.
    pub(crate) async fn tls<F>(shows: Shows, script: fn(Connection) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(acceptor(shows, rustls::ALL_VERSIONS)), script).await
    }

    /// The same over TLS 1.2 alone.
    pub(crate) async fn tls12<F>(script: fn(Connection) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(acceptor(Shows::Valid, &[&rustls::version::TLS12])), script).await
    }

    /// The same, where the script needs more than its connection.
    pub(crate) async fn start<F>(tls: Option<TlsAcceptor>, script: impl Fn(Connection) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let encrypted = tls.is_some();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                let stream = match &tls {
                    None => Stream::Plain(stream),
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Stream::Tls(Box::new(stream)),
                        Err(_) => continue,
                    },
                };
                tokio::spawn(script(Connection { stream, read: Vec::new(), number }));
            }
        });
        Self { address, tls: encrypted, connections, accepting }
    }

    /// The URL of a path, under the host that a valid certificate names.
    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority())
    }

    pub(crate) fn authority(&self) -> String {
        let host = if self.tls { "localhost" } else { "127.0.0.1" };
        format!("{host}:{}", self.address.port())
    }

    /// How many connections came so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Connection {
    fn io(&mut self) -> &mut dyn ReadWrite {
        match &mut self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream,
        }
    }

    /// What TLS agreed on to speak over it.
    pub(crate) fn protocol(&self) -> String {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol(),
        }
        .map_or_else(String::new, |protocol| String::from_utf8(protocol.to_vec()).unwrap())
    }

    /// The next request, or `None` once the other end has closed or reset the connection.
    pub(crate) async fn request(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.read_more().await?;
        };
        let mut received = Received { head: String::from_utf8(self.read[..end].to_vec()).unwrap(), body: Vec::new() };
        let length = received.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < end + 4 + length {
            self.read_more().await?;
        }
        let rest = self.read.split_off(end + 4 + length);
        received.body = self.read.split_off(end + 4);
        self.read = rest;
        Some(received)
    }

    async fn read_more(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        let count = self.io().read(&mut buffer).await.unwrap_or(0);
        self.read.extend_from_slice(&buffer[..count]);
        (count > 0).then_some(())
    }

    /// Waits until something came, whatever it is.
    pub(crate) async fn some_bytes(&mut self) {
        self.read_more().await;
    }

    /// Whether something came in this time.
    pub(crate) async fn some_bytes_within(&mut self, time: Duration) -> bool {
        matches!(tokio::time::timeout(time, self.read_more()).await, Ok(Some(())))
    }

    /// Completes once the other end has closed or reset the connection.
    pub(crate) async fn closed(&mut self) {
        while self.read_more().await.is_some() {}
    }

    /// Writes these bytes. The error is for scripts that write until the other end has enough.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.io().write_all(bytes.as_ref()).await?;
        self.io().flush().await
    }

    /// Answers one request with these bytes.
    pub(crate) async fn answer(&mut self, bytes: impl AsRef<[u8]>) -> Option<Received> {
        let received = self.request().await?;
        self.write(bytes).await.ok()?;
        Some(received)
    }

    /// Closes the connection in good order: TLS says goodbye, TCP sends FIN.
    pub(crate) async fn close(mut self) {
        let _ = self.io().shutdown().await;
    }

    /// Closes the connection with FIN, but without TLS's goodbye.
    pub(crate) fn cut(self) {
        drop(self);
    }

    /// Resets the connection: the other end sees RST.
    pub(crate) fn reset(self) {
        let stream = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        stream.set_zero_linger().unwrap();
    }
}

/// A complete answer with this body.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
