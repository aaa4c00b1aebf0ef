//! When a token is replaced, and when a source is asked again: plain functions of moments.

use std::time::Duration;

use line_channel_token_core::{Error, IssuedToken, Moment, Sent};

/// The longest delay between two attempts.
const MAX_DELAY: Duration = Duration::from_secs(600);
/// A token that lived for so long before a server refused it says nothing about the next one.
const LIVED: Duration = Duration::from_secs(60);

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    Fresh,
    /// It is valid, and so near to its end that a new one should be fetched.
    Due,
    Expired,
}

/// By the clock that says less is left. The last fifth of its lifetime is the time to replace a token.
pub(super) fn freshness(token: &IssuedToken, now: Moment) -> Freshness {
    let left = token.remaining(now);
    if left.is_zero() {
        Freshness::Expired
    } else if left <= token.expires_in() / 5 {
        Freshness::Due
    } else {
        Freshness::Fresh
    }
}

/// Why the source is not asked for a while. Delays are measured by the monotonic clock alone: a calendar that jumps must not end them.
#[derive(Clone, Debug)]
pub(super) struct Pause {
    pub(super) error: Error,
    since: Duration,
    delay: Duration,
    /// How many attempts have failed in a row.
    failures: u32,
}

impl Pause {
    /// After a failed attempt. A transient error is followed by a second to a minute; one that a person has to fix, and one that may
    /// have used up one of the channel's slots, by half a minute to ten minutes; each time twice as long.
    pub(super) fn after(before: Option<&Self>, error: Error, now: Moment) -> Self {
        let failures = before.map_or(0, |pause| pause.failures);
        let may_use_slot = may_have_issued(&error);
        let (first, longest) = if error.is_transient() && !may_use_slot { (1, 60) } else { (30, MAX_DELAY.as_secs()) };
        let regular = Duration::from_secs(2_u64.saturating_pow(failures.min(20)).saturating_mul(first).min(longest));
        let requested = error.retry_after().map(|delay| delay.clamp(Duration::from_secs(1), MAX_DELAY));
        let delay = match requested {
            // It must not make a storm of calls that each may use up a slot.
            Some(requested) if may_use_slot => requested.max(regular),
            Some(requested) => requested,
            None => regular,
        };
        Self { error, since: now.monotonic, delay, failures: failures.saturating_add(1) }
    }

    /// After a token that came so near to its end that the next one is due at once: otherwise each caller would ask for one. It is over when
    /// the token is.
    pub(super) fn after_short(token: &IssuedToken, now: Moment) -> Self {
        let error =
            Error::token_unavailable("the last token was near its end when it came, so the next one is delayed");
        let delay = token.remaining(now).min(Duration::from_secs(1));
        Self { error, since: now.monotonic, delay, failures: 0 }
    }

    /// How long it is until the next attempt; zero if it is due.
    pub(super) fn left(&self, now: Moment) -> Duration {
        self.delay.saturating_sub(now.monotonic.saturating_sub(self.since))
    }
}

/// Whether a token may exist that nobody holds: a request that uses up a slot may have arrived, and no error response came back.
fn may_have_issued(error: &Error) -> bool {
    let uses_a_slot = error.operation().is_some_and(|operation| !operation.is_idempotent());
    // A 408 is a server, or a gateway, that gave up: LINE may have issued before.
    let refused = error.status().is_some_and(|status| status.is_client_error() && status.as_u16() != 408);
    uses_a_slot && error.sent() == Sent::Unknown && !refused
}

/// Tokens that a server refused, each soon after it was issued.
#[derive(Debug, Default)]
pub(super) struct Refusals(u32);

impl Refusals {
    /// Counts anew if this token has lived for long: then it is not one in a row of those that were refused at once.
    pub(super) fn note_replaced(&mut self, token: &IssuedToken, now: Moment) {
        if now.monotonic.saturating_sub(token.received_at().monotonic) >= LIVED {
            self.0 = 0;
        }
    }

    /// Counts the refusal of a token. The pause before the next attempt, if there must be one: a call for each refused token would fill
    /// the 30 slots of a channel within seconds. It begins with the second in a row, and is twice as long each time.
    pub(super) fn count(&mut self, token: &IssuedToken, now: Moment) -> Option<Pause> {
        self.note_replaced(token, now);
        self.0 = self.0.saturating_add(1);
        let before = self.0.checked_sub(2)?;
        let delay = Duration::from_secs(2_u64.saturating_pow(before.min(20))).min(MAX_DELAY);
        let error = Error::token_unavailable(format!(
            "the last {} tokens were refused as soon as they were issued, so the next one is delayed",
            self.0
        ))
        .with_hint("check that the channel is the one that the request is for");
        Some(Pause { error, since: now.monotonic, delay, failures: 0 })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{Error, IssuedToken, Moment, Timing, response};

    use super::{Freshness, Pause, Refusals, freshness};

    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) }
    }

    fn token(sent: u64) -> IssuedToken {
        let body = r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":900}"#;
        let timing = Timing { sent_at: at(sent), received_at: at(sent + 1) };
        response::issue_stateless(&http::Response::new(body.into()), timing).unwrap().into()
    }

    #[test]
    fn the_last_fifth_is_the_time_to_replace_a_token() {
        let token = token(100);
        for (now, expected) in [
            (101, Freshness::Fresh),
            (819, Freshness::Fresh),
            (820, Freshness::Due),
            (999, Freshness::Due),
            (1000, Freshness::Expired),
        ] {
            assert_eq!(freshness(&token, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn the_clock_that_says_less_decides() {
        let token = token(100);
        let suspended = Moment { unix: at(1100).unix, ..at(101) };
        let set_back = Moment { unix: at(0).unix, ..at(1100) };
        for now in [suspended, set_back] {
            assert_eq!(freshness(&token, now), Freshness::Expired);
        }
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let delays = |error: &Error, count| {
            let mut pause = None;
            let mut delays = Vec::new();
            for _ in 0..count {
                let next = Pause::after(pause.as_ref(), error.clone(), at(0));
                delays.push(next.left(at(0)).as_secs());
                pause = Some(next);
            }
            delays
        };
        assert_eq!(delays(&Error::transient("x"), 8), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(delays(&Error::signing("x"), 6), [30, 60, 120, 240, 480, 600]);
        let requested = Error::signing("x").with_retry_after(Duration::from_secs(5));
        assert_eq!(delays(&requested, 2), [5, 5]);
        let pause = Pause::after(None, Error::transient("x"), at(10));
        let leaped = Moment { unix: at(5000).unix, ..at(10) };
        assert_eq!(pause.left(leaped), Duration::from_secs(1), "a calendar that jumps ends no pause");
        assert_eq!(pause.left(at(11)), Duration::ZERO);
    }

    #[test]
    fn tokens_that_are_refused_at_once_are_followed_by_pauses() {
        let mut refusals = Refusals::default();
        let mut delays = Vec::new();
        for _ in 0..12 {
            delays.push(refusals.count(&token(100), at(102)).map(|pause| pause.left(at(102)).as_secs()));
        }
        assert_eq!(delays[..4], [None, Some(1), Some(2), Some(4)]);
        assert_eq!(delays[11], Some(600));
        assert!(refusals.count(&token(100), at(400)).is_none(), "it had lived for long");
        assert!(refusals.count(&token(500), at(501)).is_some());
    }
}
