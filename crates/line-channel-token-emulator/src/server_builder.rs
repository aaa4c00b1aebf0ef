//! The settings of a server.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::emulator::Emulator;
use crate::fallback::{self, Fallback};
use crate::request_body_stream::RequestBodyStream;
use crate::server::{EmulatorServer, listen};
use crate::timeouts::Timeouts;

/// A server that is about to be started; [`Emulator::server`] begins one.
///
/// It has limits, so that no client can stop it for the others: a request's head arrives within 30 seconds, its body without a pause of 30 seconds
/// and within five minutes, and a client that takes nothing of a response for 30 seconds is disconnected, as is one that is idle for so long. A
/// client that reads may take as long as it likes. If the process has no more file descriptors, the connections that have been idle for
/// longest make room.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use line_channel_token_emulator::Emulator;
///
/// let server = Emulator::builder().build()?.server().serve(([127, 0, 0, 1], 0).into()).await?;
/// assert!(server.local_addr().ip().is_loopback());
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until `serve` is called"]
pub struct EmulatorServerBuilder {
    emulator: Emulator,
    beyond_loopback: bool,
    fallback: Option<Box<dyn Fallback>>,
    timeouts: Timeouts,
}

impl Emulator {
    /// The settings of a server of this emulator. [`serve`](Self::serve) is the short form.
    ///
    /// ```
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().build()?.server();
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn server(&self) -> EmulatorServerBuilder {
        EmulatorServerBuilder {
            emulator: self.clone(),
            beyond_loopback: false,
            fallback: None,
            timeouts: Timeouts::default(),
        }
    }

    /// Serves this emulator over HTTP/1.1, in the clear, on a loopback address. Port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if the address is not a loopback one: channel secrets would
    /// cross the network in the clear. Otherwise the system's error, such as a taken port.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled, as tokio's own types do.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// assert!(emulator.serve(([0, 0, 0, 0], 0).into()).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(&self, addr: SocketAddr) -> io::Result<EmulatorServer> {
        self.server().serve(addr).await
    }

    /// Serves on any address, for a container network for example. Secrets cross that network in the clear, and
    /// whoever reaches the port can use the emulator.
    ///
    /// # Errors
    ///
    /// The system's error, such as a taken port.
    ///
    /// # Panics
    ///
    /// As [`serve`](Self::serve).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let server = emulator.serve_beyond_loopback(([0, 0, 0, 0], 0).into()).await?;
    /// assert!(server.local_addr().ip().is_unspecified());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve_beyond_loopback(&self, addr: SocketAddr) -> io::Result<EmulatorServer> {
        self.server().allow_beyond_loopback(true).serve(addr).await
    }
}

impl EmulatorServerBuilder {
    /// Whether an address may be any, for a container network for example. Off by default: secrets cross that network in the clear, and whoever
    /// reaches the port can use the emulator.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// assert!(emulator.server().serve(([0, 0, 0, 0], 0).into()).await.is_err());
    /// emulator.server().allow_beyond_loopback(true).serve(([0, 0, 0, 0], 0).into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_beyond_loopback(self, allow: bool) -> Self {
        Self { beyond_loopback: allow, ..self }
    }

    /// A service for each path that is neither a token endpoint's nor that of a resource of the Messaging API, which the [crate](crate) names; an
    /// `axum::Router` is one. Without it these get 404. Its requests have a [`PeerAddr`](crate::PeerAddr) among their extensions, its responses
    /// may stream for as long as the client reads, and neither are in the emulator's records. Injected faults do not affect them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::Router;
    /// use axum::routing::get;
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let health = Router::new().route("/health", get(|| async { "ok" }));
    /// let emulator = Emulator::builder().build()?;
    /// let server = emulator.server().fallback(health).serve(([127, 0, 0, 1], 0).into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fallback<S, B>(self, service: S) -> Self
    where
        S: Service<Request<RequestBodyStream>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self { fallback: Some(fallback::boxed(service)), ..self }
    }

    /// Starts the server, over HTTP/1.1 in the clear. Port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if the address is not a loopback one, unless
    /// [`allow_beyond_loopback`](Self::allow_beyond_loopback) allows it. Otherwise the system's error, such as a taken port.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled, as tokio's own types do.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let server = Emulator::builder().build()?.server().serve(([127, 0, 0, 1], 0).into()).await?;
    /// println!("listening on {}", server.url());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(self, addr: SocketAddr) -> io::Result<EmulatorServer> {
        if !addr.ip().is_loopback() && !self.beyond_loopback {
            let message = format!(
                "{addr} is not a loopback address, and the emulator speaks plain HTTP: \
                 serve_beyond_loopback and allow_beyond_loopback are for a network that you trust"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        listen(addr, self.emulator, self.fallback, self.timeouts).await
    }

    #[cfg(test)]
    pub(crate) fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }
}

impl fmt::Debug for EmulatorServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorServerBuilder")
            .field("emulator", &self.emulator)
            .field("beyond_loopback", &self.beyond_loopback)
            .field("fallback", &self.fallback.is_some())
            .finish_non_exhaustive()
    }
}
