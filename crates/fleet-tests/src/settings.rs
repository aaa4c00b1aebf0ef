//! What a worker is told when it starts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The first line that a worker reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerSettings {
    /// The channels; with more than one it holds a pool instead of a cache.
    pub channels: Vec<ChannelSettings>,
    /// The emulator's URL.
    pub server: String,
    /// The file of the [`FleetClock`](crate::FleetClock).
    pub clock: PathBuf,
    /// How far its calendar is ahead of that of the others, in milliseconds.
    pub skew: i64,
    /// Where its tokens are shared.
    pub store: StoreSettings,
    /// `degrade` or `refuse`, if it is not to be the default.
    pub outage: Option<String>,
    /// Where it stops, for each until it is told to go on.
    pub stops: Vec<StopPoint>,
}

/// A channel and how its tokens are issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelSettings {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The kid of its assertion key.
    pub kid: String,
    /// Its private key.
    pub key: PathBuf,
    /// `jwt`, `short_lived` or `stateless`.
    pub family: String,
    /// The lifetime of a v2.1 token, in seconds.
    pub lifetime: u64,
}

/// Where tokens are shared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreSettings {
    /// Nowhere.
    None,
    /// A `FileStore`.
    File(PathBuf),
    /// A `RedisStore`.
    Redis(RedisSettings),
}

/// The settings of a `RedisStore`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RedisSettings {
    /// Its URL.
    pub url: String,
    /// How long a call may take, in milliseconds.
    pub timeout: u64,
    /// The password.
    pub password: Option<String>,
    /// The prefix of its keys.
    pub prefix: Option<String>,
    /// The name of the master and the URLs of its sentinels.
    pub sentinel: Option<(String, Vec<String>)>,
}

/// Where a worker may stop on its way to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopPoint {
    /// It has read the store, and has not asked for the lease yet.
    BeforeLease,
    /// It holds the lease, and has not sent its request.
    BeforeSending,
    /// It has the response, and does nothing with it yet.
    AfterResponse,
    /// It is about to store the token.
    BeforeStoring,
    /// The token is stored, and nobody has it.
    AfterStoring,
}

/// Counts of events by their names.
pub type Counts = BTreeMap<String, u64>;
