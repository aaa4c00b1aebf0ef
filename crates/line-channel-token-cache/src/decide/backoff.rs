//! When a source that failed is asked again.

use std::time::Duration;

use line_channel_token_core::{Error, Moment, Sent};

use super::{Timestamp, wait_left};

/// The bounds within which a wait that the source or the server asks for (`retry_after`) is respected.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(600);
/// How soon a source is asked a second time while there is no valid token.
const EARLY: Duration = Duration::from_secs(1);

/// The last failure, how many there were in a row, and how long to wait.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    attempts: u32,
    /// Whether one of them was followed by an early second try.
    early: bool,
    at: Timestamp,
    wait: Duration,
}

impl Failure {
    /// The failure after `before`. `jitter` is from 0 to 1.
    ///
    /// What passes by itself is tried again after a second to a minute; what needs a person (a wrong secret: secrets get fixed)
    /// and what may have used up one of the channel's slots after half a minute to ten minutes. Failures of different kinds in
    /// turns count as one row. Jitter takes away up to a quarter.
    ///
    /// Once in a row, a second try is made about a second after there is no valid token any more, whatever failed: a single bad
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
        let charged = may_have_issued(&error);
        let step = attempts - u32::from(early_before);
        let (first, longest) = if error.is_transient() && !charged { (1, 60) } else { (30, MAX_WAIT.as_secs()) };
        let regular = Duration::from_secs(2_u64.saturating_pow(step.min(20)).saturating_mul(first).min(longest));
        let share = 1.0 - 0.25 * jitter.clamp(0.0, 1.0);
        let early = urgent_in.filter(|wait| !early_before && wait.saturating_add(EARLY) < regular);
        // Not before the valid token has ended.
        let schedule = early.map_or_else(|| regular.mul_f64(share), |wait| wait.saturating_add(EARLY.mul_f64(share)));
        let asked = error.retry_after().map(|asked| asked.clamp(MIN_RETRY_AFTER, MAX_WAIT));
        let wait = match asked {
            // It must not make a storm of calls that each may use up a slot.
            Some(asked) if charged => asked.max(schedule),
            Some(asked) => asked,
            None => schedule,
        };
        Self { error, attempts, early: (early.is_some() && wait == schedule) || early_before, at: at.into(), wait }
    }

    /// A failure that keeps from a further call for `wait`.
    pub(crate) fn lasting(error: Error, attempts: u32, at: Moment, wait: Duration) -> Self {
        Self { error, attempts, early: true, at: at.into(), wait }
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it is until the next try; zero if it is due.
    pub(crate) fn retry_in(&self, now: Moment) -> Duration {
        wait_left(self.wait, self.at, now)
    }

    /// How long the last failure keeps from a further call; zero if there is none.
    pub(crate) fn blocks_for(last: Option<&Self>, now: Moment) -> Duration {
        last.map_or(Duration::ZERO, |failure| failure.retry_in(now))
    }
}

/// Whether a token may exist that nobody holds: a request that uses up a slot may have arrived, and no refusal came back.
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

    /// The waits in seconds after these errors in a row, without jitter.
    fn waits(urgent_in: Option<u64>, errors: impl IntoIterator<Item = Error>) -> Vec<u64> {
        let mut failure = None;
        let mut waits = Vec::new();
        for error in errors {
            let next = Failure::after(failure.as_ref(), error, urgent_in.map(Duration::from_secs), NOW, 0.0);
            waits.push(next.retry_in(NOW).as_secs());
            failure = Some(next);
        }
        waits
    }

    fn permanent() -> Error {
        Error::signing("x")
    }

    fn transient() -> Error {
        Error::transient("x")
    }

    #[test]
    fn waits_double_up_to_a_bound() {
        assert_eq!(waits(None, vec![permanent(); 7]), [30, 60, 120, 240, 480, 600, 600]);
        assert_eq!(waits(None, vec![transient(); 8]), [1, 2, 4, 8, 16, 32, 60, 60]);
        let jittered = Failure::after(None, permanent(), None, NOW, 1.0);
        assert_eq!(jittered.retry_in(NOW), Duration::from_millis(22_500));
    }

    #[test]
    fn without_a_token_there_is_one_early_second_try_whatever_failed() {
        assert_eq!(waits(Some(0), vec![permanent(); 4]), [1, 30, 60, 120]);
        assert_eq!(waits(Some(0), vec![transient().with_sent(Sent::Unknown); 3]), [1, 30, 60]);
        assert_eq!(waits(Some(0), vec![transient(); 4]), [1, 1, 2, 4]);
    }

    #[test]
    fn the_early_second_try_waits_for_the_valid_token_to_end() {
        assert_eq!(waits(Some(10), vec![permanent(); 3]), [11, 30, 60]);
        assert_eq!(waits(Some(100), vec![permanent(); 4]), [30, 60, 101, 120]);
        assert_eq!(waits(Some(86_400), vec![permanent(); 3]), [30, 60, 120]);
    }

    #[test]
    fn failures_of_different_kinds_in_turns_count_as_one_row() {
        assert_eq!(waits(None, [transient(), permanent(), transient(), permanent()]), [1, 60, 4, 240]);
    }

    #[test]
    fn a_requested_wait_is_respected_between_a_second_and_ten_minutes() {
        let requested = |wait| permanent().with_retry_after(wait);
        let asked = |seconds| waits(None, [requested(Duration::from_secs(seconds))]);
        assert_eq!((asked(5), asked(90), asked(1_000_000)), (vec![5], vec![90], vec![600]));
        assert_eq!(asked(0), [1]);
        let charged = requested(Duration::from_secs(1)).with_sent(Sent::Unknown);
        assert_eq!(waits(None, [charged]), [30], "it must not make a storm of slots");
    }
}
