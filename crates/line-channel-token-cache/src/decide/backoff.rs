//! When a source that failed is asked again.

use std::time::Duration;

use line_channel_token_core::{Error, Moment, Sent};

use super::{Timestamp, delay_left};

/// The bounds within which a delay that the source or the server asks for (`retry_after`) is respected.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(600);
/// How soon a source is asked a second time while there is no valid token.
const EARLY_DELAY: Duration = Duration::from_secs(1);

/// The last failure, how many there were in a row, and how long the next attempt is delayed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    attempts: u32,
    /// Whether one of them was followed by an early second attempt.
    early: bool,
    at: Timestamp,
    delay: Duration,
}

impl Failure {
    /// The failure after `before`. `jitter` is from 0 to 1.
    ///
    /// A transient error is retried after a second to a minute; one that a person has to fix (a wrong secret) and one that may
    /// have used up one of the channel's slots after half a minute to ten minutes. Failures of different kinds in
    /// a row count together. Jitter takes away up to a quarter.
    ///
    /// Once in a row, a second attempt is made about a second after there is no valid token any more, whatever failed: a single bad
    /// response of a gateway must not cost half a minute. `urgent_in` is how long it is until then; `None` if no slot is left.
    pub(crate) fn after(
        before: Option<&Self>,
        error: Error,
        urgent_in: Option<Duration>,
        at: Moment,
        jitter: f64,
    ) -> Self {
        let attempts = before.map_or(0, |failure| failure.attempts.saturating_add(1));
        let early_before = before.is_some_and(|failure| failure.early);
        let may_use_slot = may_have_issued(&error);
        let step = attempts - u32::from(early_before);
        let (first, longest) = if error.is_transient() && !may_use_slot { (1, 60) } else { (30, MAX_DELAY.as_secs()) };
        let regular = Duration::from_secs(2_u64.saturating_pow(step.min(20)).saturating_mul(first).min(longest));
        let share = 1.0 - 0.25 * jitter.clamp(0.0, 1.0);
        let early = urgent_in.filter(|delay| !early_before && delay.saturating_add(EARLY_DELAY) < regular);
        // Not before the valid token has ended.
        let scheduled =
            early.map_or_else(|| regular.mul_f64(share), |delay| delay.saturating_add(EARLY_DELAY.mul_f64(share)));
        let requested = error.retry_after().map(|requested| requested.clamp(MIN_RETRY_AFTER, MAX_DELAY));
        let delay = match requested {
            // It must not make a storm of calls that each may use up a slot.
            Some(requested) if may_use_slot => requested.max(scheduled),
            Some(requested) => requested,
            None => scheduled,
        };
        Self { error, attempts, early: (early.is_some() && delay == scheduled) || early_before, at: at.into(), delay }
    }

    /// A failure that keeps from a further call for `delay`.
    pub(crate) fn lasting(error: Error, attempts: u32, at: Moment, delay: Duration) -> Self {
        Self { error, attempts, early: true, at: at.into(), delay }
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it is until the next attempt; zero if it is due.
    pub(crate) fn retry_in(&self, now: Moment) -> Duration {
        delay_left(self.delay, self.at, now)
    }

    /// How long the last failure keeps from a further call; zero if there is none.
    pub(crate) fn blocks_for(last: Option<&Self>, now: Moment) -> Duration {
        last.map_or(Duration::ZERO, |failure| failure.retry_in(now))
    }
}

/// Whether a token may exist that nobody holds: a request that uses up a slot may have arrived, and no error response came back.
pub(crate) fn may_have_issued(error: &Error) -> bool {
    let uses_a_slot = error.operation().is_none_or(|operation| !operation.is_idempotent());
    // A 408 is a server, or a gateway, that gave up: LINE may have issued before.
    let refused = error.status().is_some_and(|status| status.is_client_error() && status.as_u16() != 408);
    uses_a_slot && error.sent() == Sent::Unknown && !refused
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{Error, Moment, Sent};

    use super::Failure;

    const NOW: Moment = Moment { monotonic: Duration::ZERO, unix: Duration::ZERO };

    /// The delays in seconds after these errors in a row, without jitter.
    fn delays(urgent_in: Option<u64>, errors: impl IntoIterator<Item = Error>) -> Vec<u64> {
        let mut failure = None;
        let mut delays = Vec::new();
        for error in errors {
            let next = Failure::after(failure.as_ref(), error, urgent_in.map(Duration::from_secs), NOW, 0.0);
            delays.push(next.retry_in(NOW).as_secs());
            failure = Some(next);
        }
        delays
    }

    fn permanent() -> Error {
        Error::signing("x")
    }

    fn transient() -> Error {
        Error::transient("x")
    }

    #[test]
    fn delays_double_up_to_a_bound() {
        assert_eq!(delays(None, vec![permanent(); 7]), [30, 60, 120, 240, 480, 600, 600]);
        assert_eq!(delays(None, vec![transient(); 8]), [1, 2, 4, 8, 16, 32, 60, 60]);
        let jittered = Failure::after(None, permanent(), None, NOW, 1.0);
        assert_eq!(jittered.retry_in(NOW), Duration::from_millis(22_500));
    }

    #[test]
    fn an_empty_cache_has_one_early_attempt() {
        assert_eq!(delays(Some(0), vec![permanent(); 4]), [1, 30, 60, 120]);
        assert_eq!(delays(Some(0), vec![transient().with_sent(Sent::Unknown); 3]), [1, 30, 60]);
        assert_eq!(delays(Some(0), vec![transient(); 4]), [1, 1, 2, 4]);
    }

    #[test]
    fn the_early_attempt_waits_for_the_expiry() {
        assert_eq!(delays(Some(10), vec![permanent(); 3]), [11, 30, 60]);
        assert_eq!(delays(Some(100), vec![permanent(); 4]), [30, 60, 101, 120]);
        assert_eq!(delays(Some(86_400), vec![permanent(); 3]), [30, 60, 120]);
    }

    #[test]
    fn failures_of_different_kinds_count_together() {
        assert_eq!(delays(None, [transient(), permanent(), transient(), permanent()]), [1, 60, 4, 240]);
    }

    #[test]
    fn a_requested_delay_is_clamped_to_ten_minutes() {
        let with_retry_after = |delay| permanent().with_retry_after(delay);
        let requested = |seconds| delays(None, [with_retry_after(Duration::from_secs(seconds))]);
        assert_eq!((requested(5), requested(90), requested(1_000_000)), (vec![5], vec![90], vec![600]));
        assert_eq!(requested(0), [1]);
        let uncertain = with_retry_after(Duration::from_secs(1)).with_sent(Sent::Unknown);
        assert_eq!(delays(None, [uncertain]), [30], "it must not make a storm of slots");
    }
}
