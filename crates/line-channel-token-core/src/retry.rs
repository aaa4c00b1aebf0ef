//! When and how often a failed call is repeated.

use std::time::Duration;

use crate::{Error, Operation, Sent};

/// How a client repeats a call that failed for a [transient](Error::is_transient) reason.
///
/// Calls that are [idempotent](Operation::is_idempotent) are repeated. `issue` and `issue_jwt` are repeated only if the
/// request provably never reached the server, because each arrival uses up one of a channel's 30 slots. The delay doubles
/// from attempt to attempt, with jitter; a longer `Retry-After` is honoured if it fits into the total.
///
/// If the process cannot sleep, because it may start no thread for a timer, a failed call is not repeated.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::RetryPolicy;
///
/// let patient = RetryPolicy::default().with_max_attempts(10).with_max_elapsed(Duration::from_secs(60));
/// assert_eq!(patient.max_attempts(), 10);
/// assert_eq!(patient.min_delay(), Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: usize,
    min_delay: Duration,
    max_delay: Duration,
    max_elapsed: Duration,
}

impl RetryPolicy {
    /// One attempt and no more.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_attempts(1)
    }

    /// At most this many attempts, the first included; 0 counts as 1.
    #[must_use]
    pub fn with_max_attempts(self, max_attempts: usize) -> Self {
        Self { max_attempts: max_attempts.max(1), ..self }
    }

    /// The delay before the second attempt, before jitter (which adds up to as much again). If it is longer than the
    /// [longest one](Self::with_max_delay), that applies.
    #[must_use]
    pub fn with_min_delay(self, min_delay: Duration) -> Self {
        Self { min_delay, ..self }
    }

    /// The longest delay between two attempts, before jitter (which adds up to as much again).
    #[must_use]
    pub fn with_max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// No attempt starts later than this after the first one did, and the delays between the attempts of a call never add
    /// up to more.
    #[must_use]
    pub fn with_max_elapsed(self, max_elapsed: Duration) -> Self {
        Self { max_elapsed, ..self }
    }

    /// The largest number of attempts, the first included.
    #[must_use]
    pub fn max_attempts(&self) -> usize {
        self.max_attempts
    }

    /// The delay before the second attempt.
    #[must_use]
    pub fn min_delay(&self) -> Duration {
        self.min_delay
    }

    /// The longest delay between two attempts.
    #[must_use]
    pub fn max_delay(&self) -> Duration {
        self.max_delay
    }

    /// How long after the first attempt the last one may start.
    #[must_use]
    pub fn max_elapsed(&self) -> Duration {
        self.max_elapsed
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule { policy: *self, retries: 0, delayed: Duration::ZERO }
    }
}

impl Default for RetryPolicy {
    /// Three attempts, delays from 100 ms to 2 s, and no attempt later than 15 s after the first.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            min_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(2),
            max_elapsed: Duration::from_secs(15),
        }
    }
}

pub(crate) struct Schedule {
    policy: RetryPolicy,
    /// How many delays there were so far.
    retries: usize,
    /// The sum of the delays so far. The clock says as much and more, unless the delays are on another one.
    delayed: Duration,
}

impl Schedule {
    /// The delay before the next attempt, or `None` if there must be none.
    pub(crate) fn next_delay(&mut self, operation: Operation, error: &Error, elapsed: Duration) -> Option<Duration> {
        let safe = operation.is_idempotent() || error.sent() == Sent::NotSent;
        if !safe || !error.is_transient() || self.retries + 1 >= self.policy.max_attempts {
            return None;
        }
        let delay = self.backoff().max(error.retry_after().unwrap_or_default());
        self.retries += 1;
        if elapsed.max(self.delayed).saturating_add(delay) > self.policy.max_elapsed {
            return None;
        }
        self.delayed = self.delayed.saturating_add(delay);
        Some(delay)
    }

    /// Twice as long each time, up to the longest one, and up to as much again at random.
    fn backoff(&self) -> Duration {
        let doublings = u32::try_from(self.retries).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        let delay = self.policy.min_delay.saturating_mul(factor).min(self.policy.max_delay);
        // In thousandths, because only whole numbers saturate.
        delay.saturating_add((delay / 1000).saturating_mul(fastrand::u32(..=1000)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RetryPolicy, Schedule};

    #[test]
    fn delays_double_up_to_the_longest_and_scatter() {
        let policy = RetryPolicy::default();
        let delay = |retries| Schedule { retries, ..policy.schedule() }.backoff();
        for (retries, millis) in
            [(0, 100), (1, 200), (2, 400), (4, 1_600), (5, 2_000), (40, 2_000), (usize::MAX, 2_000)]
        {
            let least = Duration::from_millis(millis);
            let delays: Vec<Duration> = (0..200).map(|_| delay(retries)).collect();
            assert!(delays.iter().all(|delay| (least..=2 * least).contains(delay)), "{retries}: {delays:?}");
            let (lowest, highest) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
            assert!(*highest - *lowest > least / 2, "{retries}: {delays:?}");
        }
    }
}
