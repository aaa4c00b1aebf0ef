//! Real proxies on a loopback port. Whatever host a client asks for, they connect to that port of this machine.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a proxy does.
#[derive(Clone)]
pub(crate) enum ProxyBehavior {
    /// Opens a tunnel for `CONNECT`, with a header given only for requests that have it.
    Connect(Option<&'static str>),
    /// The same over TLS.
    ConnectOverTls(TlsAcceptor),
    /// Responds with this to everything.
    Respond(&'static str),
    /// Reads a request and never responds.
    Hang,
    /// SOCKS 5, with user and password given only for clients that send them.
    Socks5(Option<(&'static str, &'static str)>),
    /// SOCKS 5, which refuses every request with this reply code.
    Socks5Refuse(u8),
    /// SOCKS 4a.
    Socks4a,
}

/// A proxy on a loopback port. It runs until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(behavior: ProxyBehavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (behavior, log) = (behavior.clone(), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, behavior, &log).await });
            }
        });
        Self { address, received, accepting }
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The request of each connection.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, behavior: ProxyBehavior, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let record = |asked: String| log.lock().unwrap().push(asked);
    match behavior {
        ProxyBehavior::Connect(header) => connect(stream, header, record).await,
        ProxyBehavior::ConnectOverTls(acceptor) => connect(acceptor.accept(stream).await?, None, record).await,
        ProxyBehavior::Respond(response) => {
            record(head(&mut stream).await?);
            stream.write_all(response.as_bytes()).await
        }
        ProxyBehavior::Hang => {
            record(head(&mut stream).await?);
            std::future::pending().await
        }
        ProxyBehavior::Socks5(credentials) => {
            let port = socks5(&mut stream, credentials, record).await?;
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
            relay(stream, port).await
        }
        ProxyBehavior::Socks5Refuse(code) => {
            socks5(&mut stream, None, record).await?;
            stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await
        }
        ProxyBehavior::Socks4a => {
            let port = socks4a(&mut stream, record).await?;
            stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0]).await?;
            relay(stream, port).await
        }
    }
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

async fn connect(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    header: Option<&str>,
    record: impl Fn(String),
) -> io::Result<()> {
    let head = head(&mut stream).await?;
    let line = head.lines().next().unwrap().to_owned();
    record(head.clone());
    if header.is_some_and(|header| !head.lines().any(|line| line.eq_ignore_ascii_case(header))) {
        let refusal = "HTTP/1.1 407 s3cret\r\nProxy-Authenticate: Basic realm=\"s3cret\"\r\nContent-Length: 0\r\n\r\n";
        return stream.write_all(refusal.as_bytes()).await;
    }
    let port = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()?.rsplit_once(':')?.1.parse().ok());
    let Some(port) = port else {
        return stream.write_all(b"HTTP/1.1 405 s3cret\r\nContent-Length: 0\r\n\r\n").await;
    };
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    relay(stream, port).await
}

/// RFC 1928 and 1929, up to the request. Returns the port.
async fn socks5(stream: &mut TcpStream, credentials: Option<(&str, &str)>, record: impl Fn(String)) -> io::Result<u16> {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await?;
    let mut methods = vec![0; greeting[1].into()];
    stream.read_exact(&mut methods).await?;
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        stream.write_all(&[5, 255]).await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    stream.write_all(&[5, method]).await?;
    if let Some((user, password)) = credentials {
        stream.read_u8().await?;
        let right = short_text(stream).await? == user;
        let right = short_text(stream).await? == password && right;
        stream.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => std::net::Ipv4Addr::from(stream.read_u32().await?).to_string(),
        4 => std::net::Ipv6Addr::from(stream.read_u128().await?).to_string(),
        _ => short_text(stream).await?,
    };
    let port = stream.read_u16().await?;
    record(format!("SOCKS5 {host}:{port}"));
    Ok(port)
}

async fn short_text(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut text).await?;
    Ok(String::from_utf8(text).unwrap())
}

async fn socks4a(stream: &mut TcpStream, record: impl Fn(String)) -> io::Result<u16> {
    let mut start = [0; 2];
    stream.read_exact(&mut start).await?;
    let port = stream.read_u16().await?;
    stream.read_u32().await?;
    let mut texts = [String::new(), String::new()];
    for text in &mut texts {
        loop {
            match stream.read_u8().await? {
                0 => break,
                byte => text.push(byte.into()),
            }
        }
    }
    record(format!("SOCKS4 {}:{port}", texts[1]));
    Ok(port)
}

async fn relay(mut stream: impl AsyncRead + AsyncWrite + Unpin, port: u16) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}
