//! How many requests a channel may send to one endpoint.

use crate::endpoint::Endpoint;

/// How many requests each channel may send to each token endpoint before it gets 429.
///
/// LINE's limit is a token bucket: each request takes one token out of it, and it is refilled evenly. The rates are what LINE
/// states, 370 a second for `POST /v2/oauth/accessToken` and 2,000 a second for every other token endpoint. The bucket's size
/// is not published: by default it holds one second's worth of requests. Requests that name no known channel take nothing, and
/// neither do those to the Messaging API.
///
/// ```
/// use line_channel_token_emulator::RateLimits;
///
/// // One issue a second on average, at most five at once, and a 429 that says when the next one fits.
/// let limits = RateLimits::default().with_issue(1).with_burst(5).with_retry_after(true);
/// assert_eq!((limits.issue(), limits.others(), limits.burst()), (Some(1), Some(2000), Some(5)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    issue: Option<u32>,
    others: Option<u32>,
    burst: Option<u32>,
    retry_after: bool,
}

/// One endpoint's bucket: both in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
}

impl RateLimits {
    /// No limits.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, RateLimits};
    ///
    /// let emulator = Emulator::builder().rate_limits(RateLimits::off()).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn off() -> Self {
        Self { issue: None, others: None, burst: None, retry_after: false }
    }

    /// These limits with another rate for `POST /v2/oauth/accessToken`, in requests a second. 0 refuses each request, once
    /// what [`with_burst`](Self::with_burst) puts into the bucket is used up.
    ///
    /// ```
    /// use line_channel_token_emulator::RateLimits;
    ///
    /// let limits = RateLimits::off().with_issue(370);
    /// assert_ne!(limits, RateLimits::off());
    /// ```
    #[must_use]
    pub fn with_issue(self, per_second: u32) -> Self {
        Self { issue: Some(per_second), ..self }
    }

    /// These limits with another rate for each of the other token endpoints, in requests a second. 0 is as in
    /// [`with_issue`](Self::with_issue).
    ///
    /// ```
    /// use line_channel_token_emulator::RateLimits;
    ///
    /// let limits = RateLimits::off().with_issue(370).with_others(2000);
    /// assert_eq!(limits, RateLimits::default());
    /// ```
    #[must_use]
    pub fn with_others(self, per_second: u32) -> Self {
        Self { others: Some(per_second), ..self }
    }

    /// These limits with buckets of another size: how many requests an endpoint takes at once after a pause. By default it
    /// is as many as the endpoint's rate accepts in a second; 0 refuses each request.
    ///
    /// ```
    /// use line_channel_token_emulator::RateLimits;
    ///
    /// let limits = RateLimits::default().with_burst(5);
    /// assert_ne!(limits, RateLimits::default());
    /// ```
    #[must_use]
    pub fn with_burst(self, requests: u32) -> Self {
        Self { burst: Some(requests), ..self }
    }

    /// Whether a 429 has a `Retry-After` header, in whole seconds, rounded up. Off by default: LINE documents none. There is
    /// none either if the bucket will never be refilled.
    ///
    /// ```
    /// use line_channel_token_emulator::RateLimits;
    ///
    /// let limits = RateLimits::default().with_retry_after(true);
    /// assert_ne!(limits, RateLimits::default());
    /// ```
    #[must_use]
    pub fn with_retry_after(self, send: bool) -> Self {
        Self { retry_after: send, ..self }
    }

    /// The rate of `POST /v2/oauth/accessToken`, in requests a second; `None` if it is not limited.
    #[must_use]
    pub fn issue(&self) -> Option<u32> {
        self.issue
    }

    /// The rate of each of the other token endpoints, in requests a second; `None` if they are not limited.
    #[must_use]
    pub fn others(&self) -> Option<u32> {
        self.others
    }

    /// How many requests an endpoint takes at once after a pause; `None` if that is as many as in a second.
    #[must_use]
    pub fn burst(&self) -> Option<u32> {
        self.burst
    }

    /// Whether a 429 has a `Retry-After` header.
    #[must_use]
    pub fn retry_after(&self) -> bool {
        self.retry_after
    }

    pub(crate) fn of(&self, endpoint: Endpoint) -> Option<Rate> {
        let per_second = if endpoint == Endpoint::V2Issue { self.issue } else { self.others }?;
        Some(Rate { per_second, burst: self.burst.unwrap_or(per_second) })
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { issue: Some(370), others: Some(2000), burst: None, retry_after: false }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, RateLimits};
    use crate::endpoint::Endpoint;

    #[test]
    fn the_default_rates_are_lines() {
        let rate = |requests| Some(Rate { per_second: requests, burst: requests });
        assert_eq!(RateLimits::default().of(Endpoint::V2Issue), rate(370));
        assert_eq!(RateLimits::default().of(Endpoint::V21KeyIds), rate(2000));
        assert!(!RateLimits::default().retry_after());
        assert_eq!(RateLimits::off().with_issue(0).of(Endpoint::V2Issue), rate(0));
        assert_eq!(RateLimits::off().of(Endpoint::V3Token), None);
    }

    #[test]
    fn burst_is_independent_of_rate() {
        let limits = RateLimits::default().with_burst(5).with_issue(1);
        assert_eq!(limits.of(Endpoint::V2Issue), Some(Rate { per_second: 1, burst: 5 }));
        assert_eq!(limits.of(Endpoint::V3Token), Some(Rate { per_second: 2000, burst: 5 }));
        assert_eq!(RateLimits::off().with_burst(5).of(Endpoint::V3Token), None, "no rate, no limit");
    }
}
