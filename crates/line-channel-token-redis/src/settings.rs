//! What a store is built of, once its settings are checked.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::credentials::Credentials;
use crate::tls::Tls;

/// Settings that have been checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) credentials: Credentials,
    pub(crate) database: u32,
    pub(crate) key_prefix: String,
    /// If an address needs it.
    pub(crate) tls: Option<Tls>,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
}

impl Settings {
    /// The longest that a call may take altogether.
    pub(crate) fn total_timeout(&self) -> Duration {
        self.connect_timeout.saturating_add(self.response_timeout)
    }
}

/// Where the values are.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// At this server.
    Server(Address),
    /// At the server that Sentinels call the master of this name.
    Sentinel { master: String, sentinels: Vec<Node>, is_tls: bool },
}

impl Target {
    /// Whether an address of it is one of TLS.
    pub(crate) fn needs_tls(&self) -> bool {
        match self {
            Self::Server(address) => address.is_tls(),
            Self::Sentinel { sentinels, is_tls, .. } => *is_tls || sentinels.iter().any(|node| node.address.is_tls()),
        }
    }
}

/// An address, and who we are there.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) address: Address,
    pub(crate) credentials: Credentials,
}

/// Where a server listens.
#[derive(Clone)]
pub(crate) enum Address {
    Tcp { host: String, port: u16, is_tls: bool },
    Unix(PathBuf),
}

impl Address {
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tcp { is_tls: true, .. })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, is_tls } => {
                let scheme = if *is_tls { "rediss" } else { "redis" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
