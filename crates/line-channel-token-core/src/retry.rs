//! When and how often a failed call is tried again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::{Error, Operation, Sent};

/// How a client repeats a call that failed for a [transient](Error::is_transient) reason.
///
/// Calls that do no harm when they arrive twice are repeated. `issue` and `issue_jwt` are repeated only where the
/// request provably never reached the server, because each arrival uses up one of a channel's 30 places. Waits double
/// from try to try, with jitter; a longer `Retry-After` is honoured where it fits into the total.
///
/// If the process cannot wait, because it may start no thread for a timer, a failed call is not repeated.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::RetryPolicy;
///
/// let patient = RetryPolicy::default().with_max_tries(10).with_total(Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    max_tries: usize,
    first_wait: Duration,
    longest_wait: Duration,
    total: Duration,
}

impl RetryPolicy {
    /// One try and no more.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_tries(1)
    }

    /// At most this many tries, the first included; 0 counts as 1.
    #[must_use]
    pub fn with_max_tries(self, max_tries: usize) -> Self {
        Self { max_tries: max_tries.max(1), ..self }
    }

    /// The first wait and the longest one, before jitter (which adds up to as much again).
    #[must_use]
    pub fn with_waits(self, first: Duration, longest: Duration) -> Self {
        Self { first_wait: first, longest_wait: longest, ..self }
    }

    /// No try starts later than this after the first one did, and the waits between the tries of a call never add up to
    /// more.
    #[must_use]
    pub fn with_total(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.first_wait.min(self.longest_wait))
            .with_max_delay(self.longest_wait)
            .with_max_times(self.max_tries - 1)
            .with_jitter()
            .build();
        Schedule { waits, waited: Duration::ZERO, total: self.total }
    }
}

impl Default for RetryPolicy {
    /// Three tries, waits from 100 ms to 2 s, and no try later than 15 s after the first.
    fn default() -> Self {
        Self {
            max_tries: 3,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(2),
            total: Duration::from_secs(15),
        }
    }
}

pub(crate) struct Schedule {
    waits: ExponentialBackoff,
    /// The sum of the waits so far. The clock says as much and more, unless another one does the waiting.
    waited: Duration,
    total: Duration,
}

impl Schedule {
    /// How long to wait before the call is tried again, or `None` where it must not be.
    pub(crate) fn next_wait(&mut self, operation: Operation, error: &Error, elapsed: Duration) -> Option<Duration> {
        let safe = operation.is_repeatable() || error.sent() == Sent::No;
        if !safe || !error.is_transient() {
            return None;
        }
        let wait = self.waits.next()?.max(error.retry_after().unwrap_or_default());
        if elapsed.max(self.waited).saturating_add(wait) > self.total {
            return None;
        }
        self.waited = self.waited.saturating_add(wait);
        Some(wait)
    }
}
