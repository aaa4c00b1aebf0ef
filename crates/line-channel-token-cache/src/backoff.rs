//! When a source that failed is asked again.

use std::time::Duration;

use line_channel_token_core::{Error, Moment, Sent};

/// However long a server asks to wait, it is asked again after this.
const LONGEST_WISH: Duration = Duration::from_secs(3600);

/// The last failure, how many there were in a row, and when the next try is due.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    passing: bool,
    tries: u32,
    at: Moment,
    wait: Duration,
}

impl Failure {
    /// The failure after `before`. `jitter` is from 0 to 1.
    ///
    /// What passes by itself is tried again from a second to a minute later. What needs a person, a wrong secret for
    /// example, is tried again too, since secrets get fixed, but from half a minute to ten minutes later; and so is an
    /// issue that may have used up one of a channel's places. Jitter takes away up to a quarter.
    pub(crate) fn after(before: Option<&Self>, error: Error, at: Moment, jitter: f64) -> Self {
        let passing = error.is_transient() && !may_have_issued(&error);
        let in_a_row = before.filter(|failure| failure.passing == passing);
        let tries = in_a_row.map_or(0, |failure| failure.tries.saturating_add(1));
        let (first, longest) = if passing { (1, 60) } else { (30, 600) };
        let seconds = u64::from(2_u32.saturating_pow(tries.min(20))).saturating_mul(first).min(longest);
        let wait = Duration::from_secs(seconds).mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0));
        let wish = error.retry_after().unwrap_or_default().min(LONGEST_WISH);
        Self { wait: wait.max(wish), error, passing, tries, at }
    }

    /// How long it is until the next try; zero where it is due.
    pub(crate) fn due_in(&self, now: Moment) -> Duration {
        wait_left(self.wait, self.at, now)
    }

    /// How long the last failure keeps from a further try; zero where there is none.
    pub(crate) fn keeps_for(last: Option<&Self>, now: Moment) -> Duration {
        last.map_or(Duration::ZERO, |failure| failure.due_in(now))
    }
}

/// What is left of a wait that began at `since`. It is the monotonic clock that counts: a calendar that jumps forward must
/// not end a wait.
pub(crate) fn wait_left(wait: Duration, since: Moment, now: Moment) -> Duration {
    wait.saturating_sub(now.monotonic.saturating_sub(since.monotonic))
}

/// Whether a token may exist that nobody holds: an issue that uses up a place was sent, and no clear refusal came back.
pub(crate) fn may_have_issued(error: &Error) -> bool {
    let uses_a_place = error.operation().is_some_and(|operation| !operation.is_repeatable());
    let refused = error.status().is_some_and(|status| status.is_client_error());
    uses_a_place && error.sent() == Sent::Maybe && !refused
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{Error, Moment};

    use super::Failure;

    const NOW: Moment = Moment { monotonic: Duration::ZERO, unix: Duration::ZERO };

    #[test]
    fn waits_double_up_to_a_bound_and_a_longer_wish_of_the_server_holds() {
        let mut failure = Failure::after(None, Error::signing("x"), NOW, 0.0);
        let mut waits = vec![failure.due_in(NOW).as_secs()];
        for _ in 0..6 {
            failure = Failure::after(Some(&failure), Error::signing("x"), NOW, 0.0);
            waits.push(failure.due_in(NOW).as_secs());
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600]);
        let jittered = Failure::after(None, Error::signing("x"), NOW, 1.0);
        assert_eq!(jittered.due_in(NOW), Duration::from_millis(22_500));
        let asked = Failure::after(None, Error::signing("x").with_retry_after(Duration::from_secs(90)), NOW, 0.0);
        assert_eq!(asked.due_in(NOW), Duration::from_secs(90));
    }
}
