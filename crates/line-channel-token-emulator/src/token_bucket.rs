//! A token bucket for each endpoint of a channel.

use std::time::Duration;

use line_channel_token_core::Moment;

use crate::endpoint::Endpoint;
use crate::rate_limit::Rate;

/// Levels are counted in billionths of a request, so that a refill over nanoseconds loses nothing to rounding.
const REQUEST: u128 = 1_000_000_000;

/// A channel's buckets.
#[derive(Debug, Default)]
pub(crate) struct TokenBuckets([TokenBucket; Endpoint::COUNT]);

/// The bucket was empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateExceeded {
    /// How long until the next request is accepted, or `None` if the bucket is never refilled.
    pub(crate) retry_after: Option<Duration>,
}

impl TokenBuckets {
    /// Takes one request out of the endpoint's bucket.
    pub(crate) fn take(&mut self, endpoint: Endpoint, rate: Rate, now: Moment) -> Result<(), RateExceeded> {
        self.0[endpoint as usize].take(rate, now)
    }
}

/// A bucket that is full at first, and refilled evenly.
#[derive(Clone, Copy, Debug, Default)]
struct TokenBucket {
    /// The level, and when it was written; `None` until the first request.
    level: Option<(u128, Moment)>,
}

impl TokenBucket {
    fn take(&mut self, rate: Rate, now: Moment) -> Result<(), RateExceeded> {
        let full = u128::from(rate.burst) * REQUEST;
        let level = match self.level {
            None => full,
            // If the clock is set back, no time passes; if it jumps ahead, the bucket is full. The moment is stored each
            // time, so either happens only once.
            Some((level, at)) => {
                let refill = now.since(at).as_nanos().saturating_mul(rate.per_second.into());
                level.saturating_add(refill).min(full)
            }
        };
        let outcome = level.checked_sub(REQUEST);
        self.level = Some((outcome.unwrap_or(level), now));
        match outcome {
            Some(_) => Ok(()),
            None => Err(RateExceeded { retry_after: time_to_refill(REQUEST - level, full, rate.per_second) }),
        }
    }
}

fn time_to_refill(missing: u128, full: u128, per_second: u32) -> Option<Duration> {
    if per_second == 0 || full < REQUEST {
        return None;
    }
    let nanos = missing.div_ceil(per_second.into());
    u64::try_from(nanos).ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{RateExceeded, TokenBuckets};
    use crate::endpoint::Endpoint;
    use crate::rate_limit::Rate;

    fn at(millis: u64) -> Moment {
        let time = Duration::from_millis(millis);
        Moment { monotonic: time, unix: time }
    }

    const TWO_A_SECOND: Rate = Rate { per_second: 2, burst: 2 };

    fn taken(buckets: &mut TokenBuckets, rate: Rate, now: Moment) -> usize {
        (0..100).filter(|_| buckets.take(Endpoint::V2Issue, rate, now).is_ok()).count()
    }

    #[test]
    fn a_bucket_is_refilled_evenly() {
        let mut buckets = TokenBuckets::default();
        for (millis, admitted) in
            [(5000, 2), (5499, 0), (5500, 1), (5999, 0), (6000, 1), (6250, 0), (7500, 2), (99_000, 2)]
        {
            assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(millis)), admitted, "{millis}");
        }
    }

    #[test]
    fn nothing_is_lost_to_rounding() {
        let rate = Rate { per_second: 370, burst: 1 };
        let mut buckets = TokenBuckets::default();
        let admitted = (0..=10_000).filter(|millis| buckets.take(Endpoint::V2Issue, rate, at(*millis)).is_ok()).count();
        // A refill takes 2.7 ms, and what comes in beyond the bucket's size in the third millisecond is lost: LINE's
        // would be, too.
        assert_eq!(admitted, 3334, "every third millisecond");
        let generous = Rate { per_second: 370, burst: 2 };
        let mut buckets = TokenBuckets::default();
        let admitted =
            (0..=10_000).filter(|millis| buckets.take(Endpoint::V2Issue, generous, at(*millis)).is_ok()).count();
        assert_eq!(admitted, 3702, "ten seconds at 370, and the bucket");
    }

    #[test]
    fn each_endpoint_has_its_own_bucket() {
        let mut buckets = TokenBuckets::default();
        assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(0)), 2);
        assert_eq!(buckets.take(Endpoint::V2Verify, TWO_A_SECOND, at(0)), Ok(()));
    }

    #[test]
    fn clock_jumps_never_break_a_bucket() {
        let mut buckets = TokenBuckets::default();
        assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(3_600_000)), 2);
        assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(1000)), 0, "set back by an hour");
        assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(1500)), 1, "and time goes on from there");
        assert_eq!(taken(&mut buckets, TWO_A_SECOND, at(u64::MAX / 1_000_000)), 2, "centuries ahead");
        let end = Moment { monotonic: Duration::MAX, unix: Duration::MAX };
        assert_eq!(taken(&mut buckets, Rate { per_second: u32::MAX, burst: 2 }, end), 2, "the end of time");
    }

    #[test]
    fn retry_after_is_the_next_refill() {
        let mut buckets = TokenBuckets::default();
        let mut retry_after_of = |rate, millis| {
            taken(&mut buckets, rate, at(millis));
            buckets.take(Endpoint::V2Issue, rate, at(millis)).unwrap_err().retry_after
        };
        assert_eq!(retry_after_of(TWO_A_SECOND, 0), Some(Duration::from_millis(500)));
        assert_eq!(retry_after_of(TWO_A_SECOND, 400), Some(Duration::from_millis(100)));
        assert_eq!(retry_after_of(Rate { per_second: 0, burst: 2 }, 1000), None, "never refilled");
        assert_eq!(retry_after_of(Rate { per_second: 2, burst: 0 }, 1000), None, "no room for a whole request");
        let never = buckets.take(Endpoint::V3Token, Rate { per_second: 0, burst: 0 }, at(0));
        assert_eq!(never, Err(RateExceeded { retry_after: None }));
    }
}
