//! A connection to an address, before anything is said on it.

use line_channel_token_cache::store::StoreError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::errors::of_dialing;
use crate::settings::Address;
use crate::tls::Tls;

/// What a connection runs over: TCP, TLS, a unix socket.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a connection. The caller limits its time.
pub(crate) async fn dial(address: &Address, tls: Option<&Tls>) -> Result<Box<dyn Stream>, StoreError> {
    match address {
        Address::Tcp { host, port, is_tls } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| of_dialing(&error))?;
            // Each message is a whole request, so nothing is gained by waiting for more.
            stream.set_nodelay(true).map_err(|error| of_dialing(&error))?;
            match tls {
                Some(tls) if *is_tls => tls.connect(host, stream).await,
                _ => Ok(Box::new(stream)),
            }
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let stream = tokio::net::UnixStream::connect(path).await.map_err(|error| of_dialing(&error))?;
            Ok(Box::new(stream))
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(crate::errors::invalid_settings("this operating system has no unix sockets")),
    }
}
