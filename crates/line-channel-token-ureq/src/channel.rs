//! A connection: TCP, or TLS over another one.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::deadline::Deadline;
use crate::failure::Failure;

/// Bytes in both directions, each step within the deadline that was set last.
pub(crate) enum Channel {
    Tcp(Socket),
    Tls(Box<StreamOwned<ClientConnection, Self>>),
}

/// A TCP connection.
pub(crate) struct Socket {
    stream: TcpStream,
    deadline: Deadline,
}

impl Channel {
    pub(crate) fn tcp(stream: TcpStream, deadline: Deadline) -> Self {
        Self::Tcp(Socket { stream, deadline })
    }

    /// TLS over this connection, once its handshake is done. `host` is as in a URL.
    pub(crate) fn encrypt(mut self, config: Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| Failure::connect("TLS: the host is neither a name nor an address"))?;
        let failed = |error: rustls::Error| Failure::while_connecting(&io::Error::other(error));
        let mut connection = ClientConnection::new(config, name).map_err(failed)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut self).map_err(|error| {
                Failure::while_connecting(&alert(&mut connection, &mut self, &error).unwrap_or(error))
            })?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, self))))
    }

    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.socket().deadline = deadline;
    }

    /// Whether the connection is open, and nothing has come that nobody asked for.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.says_nothing() && self.is_silent()
    }

    /// Whether what has been read holds neither the server's close_notify, whose FIN may be late, nor anything for the next request.
    fn says_nothing(&mut self) -> bool {
        match self {
            Self::Tcp(_) => true,
            Self::Tls(stream) => {
                let state = stream.conn.process_new_packets();
                state.is_ok_and(|state| !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0)
                    && stream.sock.says_nothing()
            }
        }
    }

    /// Whether the socket is open, and has nothing to be read.
    fn is_silent(&mut self) -> bool {
        let stream = &self.socket().stream;
        let idle = stream.set_nonblocking(true).is_ok()
            && stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        idle && stream.set_nonblocking(false).is_ok()
    }

    fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Tcp(socket) => socket,
            Self::Tls(stream) => stream.sock.socket(),
        }
    }
}

/// What the server has to say after a step of the handshake failed: it may have closed the connection while we were writing, and its reason
/// has not been read yet.
fn alert(connection: &mut ClientConnection, channel: &mut Channel, error: &io::Error) -> Option<io::Error> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    if !matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) {
        return None;
    }
    while connection.read_tls(channel).ok()? > 0 {
        if let Err(error) = connection.process_new_packets() {
            return Some(io::Error::new(io::ErrorKind::InvalidData, error));
        }
    }
    None
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl Socket {
    /// Tries until the step succeeds, fails, or the deadline passes: signals interrupt it, and timeouts of sockets are coarse.
    fn within_deadline<T>(
        &self,
        set_timeout: fn(&TcpStream, Option<std::time::Duration>) -> io::Result<()>,
        mut step: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            let left = self.deadline.left()?;
            match set_timeout(&self.stream, Some(left)) {
                // What macOS says once the peer has closed the connection. The step then tells what happened.
                Err(error) if error.kind() != io::ErrorKind::InvalidInput => return Err(error),
                _ => {}
            }
            match step(&self.stream) {
                Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

/// How the end of a socket's own timeout is reported. One of the operating system has a number of its own, on Unix at least.
fn is_timeout(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::WouldBlock => true,
        io::ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.within_deadline(TcpStream::set_read_timeout, |mut stream| stream.read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.within_deadline(TcpStream::set_write_timeout, |mut stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
