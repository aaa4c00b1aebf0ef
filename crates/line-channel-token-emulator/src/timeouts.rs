//! How long a client may keep the server waiting.

use std::time::Duration;

/// The limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// From the first byte of a request's head to its last, and how long an idle connection is kept.
    pub(crate) head: Duration,
    /// Without any byte of a body.
    pub(crate) body_pause: Duration,
    /// From the first byte of a body to its last.
    pub(crate) body: Duration,
    /// Without taking any byte of a response.
    pub(crate) write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let pause = Duration::from_secs(30);
        Self { head: pause, body_pause: pause, body: Duration::from_secs(300), write: pause }
    }
}
