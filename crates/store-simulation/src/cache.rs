//! When a node asks its source, by the rules of the real cache: a function of what it holds and of its clock.

use std::time::Duration;

use line_channel_token_cache::{IssueReason, NewToken};
use line_channel_token_core::{Error, Moment, Sent};

/// What a node's cache holds and remembers.
#[derive(Debug, Default)]
pub(crate) struct CacheState {
    pub(crate) current: Option<NewToken>,
    /// By the monotonic clock, as all times here.
    refresh_at: Duration,
    /// The token that a server refused, until the next one has come.
    pub(crate) refused: Option<NewToken>,
    failures: u32,
    blocked_until: Duration,
    keep_until: Duration,
    last_issue: Option<Duration>,
    last_invalidation: Option<Duration>,
}

impl CacheState {
    pub(crate) fn valid(&self, now: Moment) -> Option<&NewToken> {
        self.current.as_ref().filter(|token| !remaining(token, now).is_zero())
    }

    /// How long it is until the source is to be asked; zero if now.
    pub(crate) fn ask_in(&self, now: Moment, min_interval: Duration) -> Duration {
        let needed_at = if self.valid(now).is_some() { self.refresh_at } else { Duration::ZERO };
        let interval_over = self.last_issue.map_or(Duration::ZERO, |last| last.saturating_add(min_interval));
        let at = needed_at.max(self.blocked_until).max(self.keep_until).max(interval_over);
        let until_expiry = self.valid(now).map_or(Duration::MAX, |token| remaining(token, now));
        at.saturating_sub(now.monotonic).min(until_expiry.max(Duration::from_millis(1)))
    }

    pub(crate) fn is_to_ask(&self, now: Moment, min_interval: Duration) -> bool {
        self.ask_in(now, min_interval).is_zero()
    }

    /// Why a token is asked for, and what it replaces.
    pub(crate) fn request(&self, now: Moment) -> (IssueReason, Option<NewToken>) {
        match (&self.refused, self.valid(now)) {
            (_, Some(token)) => (IssueReason::Ahead, Some(token.clone())),
            (Some(refused), None) => (IssueReason::Refused, Some(refused.clone())),
            (None, None) => (IssueReason::Cold, self.current.clone()),
        }
    }

    /// A token has come; returns the one that it replaces.
    pub(crate) fn accept(&mut self, token: NewToken, is_new: bool, now: Moment, jitter: f64) -> Option<NewToken> {
        let left = remaining(&token, now);
        if is_new {
            self.last_issue = Some(now.monotonic);
        }
        if left.is_zero() {
            self.fail(&Error::transient("the token expired before it could be returned"), now, jitter);
            return None;
        }
        let default = || left.saturating_sub(token.lifetime().unwrap_or_default().mul_f64(0.15 + 0.10 * jitter));
        self.refresh_at = now.monotonic.saturating_add(token.refresh_in().unwrap_or_else(default));
        self.failures = 0;
        self.blocked_until = Duration::ZERO;
        self.keep_until = Duration::ZERO;
        self.refused = None;
        let before = self.current.replace(token)?;
        let is_same = self.current.as_ref().is_some_and(|token| is_same_token(token, &before));
        (!is_same).then_some(before)
    }

    pub(crate) fn keep(&mut self, ask_again_in: Duration, now: Moment, jitter: f64) {
        let Some(token) = self.valid(now) else {
            let error = Error::transient("the source says to keep the present token, and there is no valid one");
            return self.fail(&error.with_retry_after(ask_again_in), now, jitter);
        };
        let delay = ask_again_in.max(Duration::from_secs(1)).min(remaining(token, now));
        self.failures = 0;
        self.blocked_until = Duration::ZERO;
        self.keep_until = now.monotonic.saturating_add(delay);
    }

    pub(crate) fn fail(&mut self, error: &Error, now: Moment, jitter: f64) {
        let may_have_issued = error.sent() == Sent::Unknown;
        let (first, longest) = if error.is_transient() && !may_have_issued { (1, 60) } else { (30, 600) };
        let is_early = self.failures == 0 && self.valid(now).is_none();
        let seconds =
            if is_early { 1 } else { 2_u64.saturating_pow(self.failures.min(20)).saturating_mul(first).min(longest) };
        let own = Duration::from_secs(seconds).mul_f64(1.0 - 0.25 * jitter);
        let asked = error.retry_after().map(|asked| asked.clamp(Duration::from_secs(1), Duration::from_secs(600)));
        self.failures += 1;
        self.blocked_until = now.monotonic.saturating_add(asked.unwrap_or(own));
    }

    /// A server refused this token: if it is the present one, it is not served any more.
    pub(crate) fn refuse(&mut self, token: &NewToken, now: Moment, min_interval: Duration) -> bool {
        let is_current = self.current.as_ref().is_some_and(|current| is_same_token(current, token));
        if !is_current {
            return false;
        }
        self.refused = self.current.take();
        let again_at = self.last_invalidation.map(|last| last.saturating_add(min_interval.saturating_mul(10)));
        if again_at.is_none_or(|again_at| again_at <= now.monotonic) {
            self.last_invalidation = Some(now.monotonic);
            self.last_issue = None;
            self.failures = 0;
            self.blocked_until = Duration::ZERO;
            self.keep_until = Duration::ZERO;
        }
        true
    }
}

/// What is left of a token, by the clock that says less.
pub(crate) fn remaining(token: &NewToken, now: Moment) -> Duration {
    token.lifetime().map_or(Duration::MAX, |lifetime| lifetime.saturating_sub(now.since(token.sent_at())))
}

fn is_same_token(one: &NewToken, other: &NewToken) -> bool {
    one.access_token().expose_secret() == other.access_token().expose_secret()
}
