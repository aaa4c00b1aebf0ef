//! The lines between a test and its workers.

use serde::{Deserialize, Serialize};

use crate::settings::{Counts, StopPoint};

/// A line to a worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The reply has it too.
    pub id: u64,
    /// Which of its channels is meant.
    pub channel: usize,
    /// What to do.
    pub task: Task,
}

/// What a worker can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Get a token.
    Token,
    /// Get a token and use it once.
    Send,
    /// Get a token and use it, and another one if it is refused.
    Authorized,
    /// Use the token that it got last, however old that is.
    SendLast,
    /// Say that a server refused the token that it got last.
    Invalidate,
    /// Look at the clock, because the test has moved it.
    Tick,
    /// Go on from where it stopped.
    Go,
    /// Count what has happened.
    Counts,
    /// End gracefully.
    Shutdown,
}

/// A line from a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// It is ready for commands.
    Ready,
    /// It has stopped at this point.
    At(StopPoint),
    /// A command is done.
    Reply(Reply),
    /// Something happened: the name of an event of the store or of the cache, and its text.
    Event(String, String),
}

/// The outcome of a command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reply {
    /// The command's.
    pub id: u64,
    /// The error, if it failed.
    pub error: Option<String>,
    /// The kind of the error.
    pub kind: Option<String>,
    /// The key id of the token, or its text if it has none: a test's tokens are no secrets.
    pub token: Option<String>,
    /// How long the token is valid, in seconds.
    pub remaining: Option<u64>,
    /// The status of the response to the last use of a token.
    pub status: Option<u16>,
    /// Whether a refresh is under way.
    pub in_flight: bool,
    /// Whether a call of a store or of the server is: otherwise it waits for the time to go on, or for nothing.
    pub busy: bool,
    /// Events by name, and calls of the store as `store_calls`.
    pub counts: Counts,
}
