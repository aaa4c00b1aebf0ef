//! A server that does what its script says, byte by byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
use {
    crate::test_ca::{ServerCertificate, acceptor},
    tokio_rustls::{TlsAcceptor, server::TlsStream},
};

/// There is none without TLS.
#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
pub(crate) type TlsAcceptor = std::convert::Infallible;

/// A server on a loopback port. It runs until it is dropped.
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
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
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
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut headers: Vec<_> = lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
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
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(crate) async fn tls<F>(certificate: ServerCertificate, script: fn(Connection) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(acceptor(certificate, rustls::ALL_VERSIONS)), script).await
    }

    /// The same over TLS 1.2 alone.
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(crate) async fn tls12<F>(script: fn(Connection) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(acceptor(ServerCertificate::Valid, &[&rustls::version::TLS12])), script).await
    }

    /// The same if the script needs more than its connection.
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
                    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Stream::Tls(Box::new(stream)),
                        Err(_) => continue,
                    },
                    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
                    Some(never) => match *never {},
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

    /// How many connections were accepted so far.
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
            #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
            Stream::Tls(stream) => stream,
        }
    }

    /// The protocol that ALPN chose, or nothing.
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(crate) fn protocol(&self) -> String {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol(),
        }
        .map_or_else(String::new, |protocol| String::from_utf8(protocol.to_vec()).unwrap())
    }

    /// The next request, or `None` once the client has closed or reset the connection.
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

    /// Completes when any bytes have come.
    pub(crate) async fn any_bytes(&mut self) {
        self.read_more().await;
    }

    /// Whether any bytes came within this time.
    pub(crate) async fn any_bytes_within(&mut self, time: Duration) -> bool {
        matches!(tokio::time::timeout(time, self.read_more()).await, Ok(Some(())))
    }

    /// Completes once the client has closed or reset the connection.
    pub(crate) async fn closed(&mut self) {
        while self.read_more().await.is_some() {}
    }

    /// Writes these bytes. The error is for scripts that write until the client closes the connection.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.io().write_all(bytes.as_ref()).await?;
        self.io().flush().await
    }

    /// Reads one request and responds with these bytes.
    pub(crate) async fn respond(&mut self, bytes: impl AsRef<[u8]>) -> Option<Received> {
        let received = self.request().await?;
        self.write(bytes).await.ok()?;
        Some(received)
    }

    /// Reads one request, and responds with these bytes and close_notify at once, and without FIN.
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(crate) async fn respond_and_notify(&mut self, bytes: impl AsRef<[u8]>) {
        let Some(_) = self.request().await else { return };
        if let Stream::Tls(stream) = &mut self.stream {
            let tls = stream.get_mut().1;
            io::Write::write_all(&mut tls.writer(), bytes.as_ref()).unwrap();
            tls.send_close_notify();
            stream.flush().await.unwrap();
        }
    }

    /// Closes the connection with close_notify, if it is TLS, and FIN.
    pub(crate) async fn shut_down(mut self) {
        let _ = self.io().shutdown().await;
    }

    /// Closes the connection with FIN, and without close_notify.
    pub(crate) fn close_without_notify(self) {
        drop(self);
    }

    /// Resets the connection: the client gets RST.
    #[allow(clippy::infallible_destructuring_match, reason = "without TLS there is one kind of stream")]
    pub(crate) fn reset(self) {
        let stream = match &self.stream {
            Stream::Plain(stream) => stream,
            #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
            Stream::Tls(stream) => stream.get_ref().0,
        };
        stream.set_zero_linger().unwrap();
    }
}

/// A complete response with this body.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
