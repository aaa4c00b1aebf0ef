//! A TCP proxy between a store and its server: it delays, swallows, cuts and refuses.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a proxy does with what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyMode {
    /// Passes it on.
    Pass,
    /// Passes it on after this time, in each direction.
    Delay(Duration),
    /// Keeps connections open, and passes nothing on: a partition that nobody notices.
    Partition,
    /// Passes requests on and no response back: what was asked is done, and the caller does not know.
    SwallowResponses,
    /// Closes each new connection at once. Those that are open pass.
    Refuse,
}

/// A proxy in front of one server. It ends with its handle, and its connections with it.
pub struct TcpProxy {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

struct State {
    server: SocketAddr,
    mode: Mutex<ProxyMode>,
    connections: Mutex<Vec<TcpStream>>,
    accepted: AtomicU64,
    is_over: AtomicBool,
}

impl TcpProxy {
    /// A proxy that passes everything on to this port of the loopback address.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server: SocketAddr::from(([127, 0, 0, 1], port)),
            mode: Mutex::new(ProxyMode::Pass),
            connections: Mutex::default(),
            accepted: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let acceptor = std::thread::spawn(move || shared.accept(&listener));
        Self { address, state, acceptor: Some(acceptor) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn set(&self, mode: ProxyMode) {
        *self.state.mode.lock().unwrap() = mode;
    }

    /// Resets all connections that are open.
    pub fn cut(&self) {
        for stream in self.state.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many connections it has had.
    pub fn accepted(&self) -> u64 {
        self.state.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.cut();
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl State {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().map_while(Result::ok) {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            if self.mode() == ProxyMode::Refuse {
                continue;
            }
            let Ok(server) = TcpStream::connect(self.server) else { continue };
            for stream in [&client, &server] {
                let _ = stream.set_nodelay(true);
                let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
                self.connections.lock().unwrap().extend(stream.try_clone());
            }
            let (Ok(client_2), Ok(server_2)) = (client.try_clone(), server.try_clone()) else { continue };
            let (there, back) = (Arc::clone(self), Arc::clone(self));
            std::thread::spawn(move || there.pump(client, server, false));
            std::thread::spawn(move || back.pump(server_2, client_2, true));
        }
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, is_response: bool) {
        let mut buffer = [0; 16 * 1024];
        while !self.is_over.load(Ordering::SeqCst) {
            let length = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(_) => break,
            };
            match self.mode() {
                ProxyMode::Partition => continue,
                ProxyMode::SwallowResponses if is_response => continue,
                ProxyMode::Delay(delay) => pause(delay),
                _ => {}
            }
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn mode(&self) -> ProxyMode {
        *self.mode.lock().unwrap()
    }
}

#[allow(clippy::disallowed_methods, reason = "what the network delays takes real time")]
fn pause(delay: Duration) {
    std::thread::sleep(delay);
}
