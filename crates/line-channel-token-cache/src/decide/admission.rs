//! Whether the source may be asked for a token now.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::{Error, Moment};

use super::backoff::Failure;
use super::slots::IssueLog;
use super::{Timestamp, delay_left};

/// An invalidation lets the source be asked at once; a second one within this many minimum intervals does not.
const IMMEDIATE_EVERY: u32 = 10;

/// What the admission of a call depends on.
pub(crate) struct Admission<'a> {
    pub(crate) closed: bool,
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) issues: &'a IssueLog,
    /// The source has asked to keep the present token until then.
    pub(crate) keep_until: Option<Timestamp>,
    pub(crate) min_interval: Duration,
}

impl Admission<'_> {
    /// Whether the source may be asked now; otherwise why not, and when it may be.
    pub(crate) fn check(&self, now: Moment) -> Result<(), Error> {
        if self.closed {
            return Err(closed("the token cache was shut down"));
        }
        let delay = self.retry_in(now);
        if let Some(failure) = self.failure.filter(|failure| !failure.retry_in(now).is_zero()) {
            return Err(failure.error.clone().with_retry_after(delay));
        }
        if !delay.is_zero() {
            let message = "a token was issued or refused a moment ago, and the interval until the next one is not over";
            return Err(Error::token_unavailable(message).with_retry_after(delay));
        }
        Ok(())
    }

    /// How long it is until the source may be asked.
    pub(crate) fn retry_in(&self, now: Moment) -> Duration {
        let kept = self.keep_until.map_or(Duration::ZERO, |until| until.time_left(now));
        Failure::blocks_for(self.failure, now).max(self.issues.next_issue_in(self.min_interval, now)).max(kept)
    }
}

/// Marks the error of a cache that asks for no further token.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it asks for no further token")
    }
}

impl std::error::Error for Closed {}

/// The error of a cache that asks for no further token.
pub(crate) fn closed(message: &'static str) -> Error {
    Error::token_unavailable(message).with_source(Closed)
}

/// Whether an error is that of a cache that asks for no further token, and not one of its source's.
pub(crate) fn is_closed(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<Closed>())
}

/// How long it is from an invalidation until another lets the source be asked at once.
pub(crate) fn immediate_again_in(min_interval: Duration, last: Timestamp, now: Moment) -> Duration {
    delay_left(min_interval.saturating_mul(IMMEDIATE_EVERY), last, now)
}
