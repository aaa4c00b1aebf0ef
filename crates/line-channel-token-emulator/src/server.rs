//! The emulator as an HTTP server, for clients in any language.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::BaseUrl;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::connection::{ConnectionSettings, serve_connection};
use crate::connections::Connections;
use crate::emulator::Emulator;
use crate::fallback::Fallback;
use crate::timeouts::Timeouts;

/// How long a graceful shutdown waits for open requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server waits before it accepts again, if it cannot.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Binds the address and accepts connections from now on.
pub(crate) async fn listen(
    addr: SocketAddr,
    emulator: Emulator,
    fallback: Option<Box<dyn Fallback>>,
    timeouts: Timeouts,
) -> io::Result<EmulatorServer> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let url = format!("http://{}", reachable(addr));
    let base_url = BaseUrl::insecure(&url).map_err(io::Error::other)?;
    let connections = Arc::new(Connections::new());
    let settings = ConnectionSettings { emulator, fallback, timeouts };
    let accepting = tokio::spawn(accept(listener, Arc::clone(&connections), settings));
    Ok(EmulatorServer { addr, url, base_url, accepting, connections })
}

/// A running server. Dropping it stops it at once; [`shutdown`](Self::shutdown) lets open requests finish.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use line_channel_token_emulator::{EmulatedChannel, Emulator};
///
/// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
/// let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
/// assert_eq!(server.url(), format!("http://{}", server.local_addr()));
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it stops the server"]
pub struct EmulatorServer {
    addr: SocketAddr,
    url: String,
    base_url: BaseUrl,
    accepting: JoinHandle<()>,
    connections: Arc<Connections>,
}

impl EmulatorServer {
    /// Where it listens, such as `http://127.0.0.1:8787`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use line_channel_token_emulator::Emulator;
    /// let server = Emulator::builder().build()?.serve(([127, 0, 0, 1], 0).into()).await?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The address as the base URL for a client's builder.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use line_channel_token_emulator::Emulator;
    /// let server = Emulator::builder().build()?.serve(([127, 0, 0, 1], 0).into()).await?;
    /// assert!(server.base_url().to_string().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn base_url(&self) -> BaseUrl {
        self.base_url.clone()
    }

    /// The address that it is bound to.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use line_channel_token_emulator::Emulator;
    /// let server = Emulator::builder().build()?.serve(([127, 0, 0, 1], 0).into()).await?;
    /// assert!(server.local_addr().ip().is_loopback());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, closes idle connections and waits up to five seconds for open requests.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use line_channel_token_emulator::Emulator;
    /// let server = Emulator::builder().build()?.serve(([127, 0, 0, 1], 0).into()).await?;
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        // The task was aborted, so this is an error that says so.
        let _ = (&mut self.accepting).await;
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.connections.shut_down()).await;
    }
}

impl Drop for EmulatorServer {
    fn drop(&mut self) {
        self.accepting.abort();
        self.connections.abort_all();
    }
}

impl fmt::Debug for EmulatorServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorServer").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An address that a client on this machine can connect to: a server on all interfaces is also on the loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        addr => addr,
    }
}

async fn accept(listener: TcpListener, connections: Arc<Connections>, settings: ConnectionSettings) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let settings = settings.clone();
                connections.spawn(|watcher, activity| serve_connection(stream, peer, settings, watcher, activity));
            }
            // The client was gone before it was accepted.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(_) => {
                // No file descriptors or no memory are left, so the next attempt would fail at once.
                connections.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
