//! Deadlines of single steps, which are the rest of that of the call.

use std::time::Duration;
use std::{error, fmt, io};

use ureq::Timeout;
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Instant;

/// Longer than any call, and short enough for the clocks of every platform.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// When a step must be over, and which of ureq's timeouts says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    reason: Timeout,
}

impl Deadline {
    pub(crate) fn of(timeout: NextTimeout) -> Self {
        Self { at: Instant::now() + timeout.after, reason: timeout.reason }
    }

    /// How much time is left, which is more than none.
    pub(crate) fn left(self) -> Result<Duration, Expired> {
        let left = match (self.at, Instant::now()) {
            (Instant::Exact(at), Instant::Exact(now)) => at.saturating_duration_since(now).min(LONGEST),
            (Instant::NotHappening, _) => LONGEST,
            _ => Duration::ZERO,
        };
        if left.is_zero() { Err(self.expired()) } else { Ok(left) }
    }

    pub(crate) fn expired(self) -> Expired {
        Expired(self.reason)
    }
}

/// The deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired(pub(crate) Timeout);

impl Expired {
    /// The one that an I/O error carries.
    pub(crate) fn in_error(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed")
    }
}

impl error::Error for Expired {}

impl From<Expired> for io::Error {
    fn from(expired: Expired) -> Self {
        Self::new(io::ErrorKind::TimedOut, expired)
    }
}
