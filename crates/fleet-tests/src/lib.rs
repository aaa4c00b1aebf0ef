//! What the worker process and the tests that drive it have in common: a clock, settings, and lines of JSON.
#![cfg(unix)]

mod clock;
mod protocol;
mod settings;

pub use clock::FleetClock;
pub use protocol::{Command, Line, Reply, Task};
pub use settings::{ChannelSettings, Counts, RedisSettings, StopPoint, StoreSettings, WorkerSettings};
