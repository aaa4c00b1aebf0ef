//! How many requests a channel may send to one endpoint in a second.

use std::time::Duration;

use line_channel_token_core::Moment;

use crate::endpoint::Endpoint;

/// How many requests a second each channel may send to each endpoint, before 429 answers.
///
/// The default is what LINE states: 370 for `POST /v2/oauth/accessToken` and 2,000 for every other endpoint. Requests
/// that name no known channel are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    issue: Option<u32>,
    others: Option<u32>,
}

impl RateLimits {
    /// No limits.
    #[must_use]
    pub fn off() -> Self {
        Self { issue: None, others: None }
    }

    /// These limits with another number of requests a second for `POST /v2/oauth/accessToken`; 0 refuses each.
    #[must_use]
    pub fn with_issue(self, per_second: u32) -> Self {
        Self { issue: Some(per_second), ..self }
    }

    /// These limits with another number of requests a second for each of the other endpoints; 0 refuses each.
    #[must_use]
    pub fn with_others(self, per_second: u32) -> Self {
        Self { others: Some(per_second), ..self }
    }

    pub(crate) fn of(&self, endpoint: Endpoint) -> Option<u32> {
        if endpoint == Endpoint::V2Issue { self.issue } else { self.others }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { issue: Some(370), others: Some(2000) }
    }
}

/// The requests of one channel to each endpoint in the current second.
#[derive(Debug, Default)]
pub(crate) struct Windows([Window; Endpoint::COUNT]);

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: Option<Moment>,
    count: u32,
}

impl Windows {
    /// Counts a request, or says that there is no room for it in this second.
    pub(crate) fn admit(&mut self, endpoint: Endpoint, limit: u32, now: Moment) -> bool {
        const SECOND: Duration = Duration::from_secs(1);
        let window = &mut self.0[endpoint as usize];
        // A clock that was set back opens a new second too, or nothing would be let in until it has caught up.
        let over = |start: Moment| now.since(start) >= SECOND || start.since(now) >= SECOND;
        if window.start.is_none_or(over) {
            *window = Window { start: Some(now), count: 0 };
        }
        let room = window.count < limit;
        window.count += u32::from(room);
        room
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{RateLimits, Windows};
    use crate::endpoint::Endpoint;

    fn at(millis: u64) -> Moment {
        let time = Duration::from_millis(millis);
        Moment { monotonic: time, unix: time }
    }

    #[test]
    fn each_endpoint_has_its_own_second() {
        let mut windows = Windows::default();
        let mut admit = |endpoint, millis| windows.admit(endpoint, 2, at(millis));
        assert!(admit(Endpoint::V2Issue, 5000) && admit(Endpoint::V2Issue, 5999));
        assert!(!admit(Endpoint::V2Issue, 5999), "the third within a second");
        assert!(admit(Endpoint::V2Verify, 5999), "another endpoint");
        assert!(admit(Endpoint::V2Issue, 6000), "the next second");
        assert!(admit(Endpoint::V2Issue, 1000), "the clock was set back");
    }

    #[test]
    fn the_defaults_are_lines() {
        assert_eq!(RateLimits::default().of(Endpoint::V2Issue), Some(370));
        assert_eq!(RateLimits::default().of(Endpoint::V21KeyIds), Some(2000));
        assert_eq!(RateLimits::off().with_issue(0).of(Endpoint::V2Issue), Some(0));
        assert_eq!(RateLimits::off().of(Endpoint::V3Token), None);
    }
}
