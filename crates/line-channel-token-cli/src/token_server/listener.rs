//! What connections come from: TCP with or without TLS, or a socket in the file system.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::address::Listen;
use super::settings::Settings;
#[cfg(unix)]
use super::unix_socket::UnixSocket;
use crate::failure::{Exit, Failure};

/// How long a client may take for the handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A socket that listens.
pub(super) struct Listener {
    socket: Socket,
    tls: Option<TlsAcceptor>,
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        _file: UnixSocket,
    },
}

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A client that has connected, before TLS.
pub(super) struct Accepted {
    stream: Box<dyn Stream>,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Listens from now on.
    pub(super) async fn bind(settings: &Settings) -> Result<Self, Failure> {
        let socket = match &settings.listen {
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address).await;
                Socket::Tcp(listener.map_err(|error| cannot_listen(*address, &error))?)
            }
            #[cfg(unix)]
            Listen::Unix(path) => {
                let (listener, socket) = UnixSocket::bind(path)?;
                let failed = |error: io::Error| Failure::other(format!("the socket cannot be used: {}", error.kind()));
                listener.set_nonblocking(true).map_err(failed)?;
                Socket::Unix { listener: tokio::net::UnixListener::from_std(listener).map_err(failed)?, _file: socket }
            }
        };
        Ok(Self { socket, tls: settings.tls.as_ref().map(|config| TlsAcceptor::from(Arc::clone(config))) })
    }

    /// Where it listens, for the line that says so.
    pub(super) fn url(&self, listen: &Listen) -> String {
        match (self.address(), listen) {
            (Some(address), _) if self.tls.is_some() => format!("https://{address}"),
            (Some(address), _) => format!("http://{address}"),
            #[cfg(unix)]
            (None, Listen::Unix(path)) => format!("unix:{}", path.display()),
            (None, _) => String::new(),
        }
    }

    /// The port, unless it is a socket in the file system.
    pub(super) fn port(&self) -> Option<u16> {
        self.address().map(|address| address.port())
    }

    fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Socket::Unix { .. } => None,
        }
    }

    /// The next client.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        let stream: Box<dyn Stream> = match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Without the option small responses are delayed, and nothing else is wrong.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            #[cfg(unix)]
            Socket::Unix { listener, .. } => Box::new(listener.accept().await?.0),
        };
        Ok(Accepted { stream, tls: self.tls.clone() })
    }
}

impl Accepted {
    /// The connection, after the handshake if there is one.
    pub(super) async fn establish(self) -> io::Result<TokioIo<Box<dyn Stream>>> {
        let Some(tls) = self.tls else { return Ok(TokioIo::new(self.stream)) };
        let stream = tokio::time::timeout(HANDSHAKE, tls.accept(self.stream)).await;
        let stream = stream.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(TokioIo::new(Box::new(stream)))
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AddrInUse => Failure::new(
            Exit::Usage,
            "port_in_use",
            format!("port {} of {} is in use by another program", address.port(), address.ip()),
        )
        .with_hint(
            "end that program, or give another port with --listen; port 0 takes a free one, which --port-file tells",
        ),
        io::ErrorKind::AddrNotAvailable => {
            Failure::usage(format!("{} is no address of this machine: take 127.0.0.1", address.ip()))
        }
        io::ErrorKind::PermissionDenied => {
            Failure::usage(format!("port {} is not allowed for this user: take one from 1024 on", address.port()))
        }
        kind => Failure::other(format!("{address} cannot be listened on: {kind}")),
    }
}
