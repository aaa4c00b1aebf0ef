//! What a stored value says, read apart from the code that wrote it.

use std::time::Duration;

use line_channel_token_cache::store::StoredValue;
use serde::Deserialize;

use crate::line::serial_of;

/// The parts of a stored value that invariants are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    pub(crate) token: Option<StoredToken>,
    pub(crate) lease: Option<StoredLease>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredToken {
    pub(crate) serial: u64,
    pub(crate) refused: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredLease {
    pub(crate) nonce: String,
    /// By the store's clock.
    pub(crate) expires_at: Duration,
}

impl Contents {
    /// `None` if it is no record.
    pub(crate) fn parse(value: &StoredValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Record {
            token: Option<Token>,
            lease: Option<Lease>,
        }
        #[derive(Deserialize)]
        struct Token {
            access_token: String,
            #[serde(default)]
            refused: bool,
        }
        #[derive(Deserialize)]
        struct Lease {
            nonce: String,
            expires_at_ms: u64,
        }

        let Record { token, lease } = serde_json::from_slice(value.expose_bytes()).ok()?;
        let token = match token {
            Some(token) => Some(StoredToken { serial: serial_of(&token.access_token)?, refused: token.refused }),
            None => None,
        };
        let lease = lease
            .map(|lease| StoredLease { nonce: lease.nonce, expires_at: Duration::from_millis(lease.expires_at_ms) });
        Some(Self { token, lease })
    }
}
