//! What a worker is told on its standard input, as one line of JSON. It holds secrets, so it is no argument.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::pace::Pace;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) line: String,
    pub(crate) channel: Channel,
    pub(crate) family: Family,
    pub(crate) pace: Pace,
    /// `None` if each worker has a token of its own.
    pub(crate) store: Option<StoreSettings>,
    pub(crate) send_every_ms: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) kid: String,
    /// The private key, in PEM.
    pub(crate) key: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum StoreSettings {
    File(PathBuf),
    Redis(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(crate) enum Family {
    /// v2.1: LINE refuses a channel's 31st.
    Jwt,
    /// v2: LINE silently revokes the oldest of 30.
    ShortLived,
}

impl Family {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "v2.1",
            Self::ShortLived => "short-lived (v2)",
        }
    }
}
