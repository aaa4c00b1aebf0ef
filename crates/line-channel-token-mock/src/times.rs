//! How often a rule is expected to respond.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// How often a rule is expected to respond: a number, or a range of numbers. See
/// [`RuleBuilder::expect`](crate::RuleBuilder::expect).
///
/// ```
/// use line_channel_token_mock::Times;
///
/// assert_eq!(Times::from(2).to_string(), "exactly 2 calls");
/// assert_eq!(Times::from(1..).to_string(), "at least 1 call");
/// assert_eq!(Times::from(..=3).to_string(), "at most 3 calls");
/// assert_eq!(Times::from(1..=3).to_string(), "1 to 3 calls");
/// assert_eq!(Times::from(0).to_string(), "no call");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Times {
    min: usize,
    /// `None`: without an upper bound.
    max: Option<usize>,
}

impl Times {
    pub(crate) const ANY: Self = Self { min: 0, max: None };

    pub(crate) fn contains(self, calls: usize) -> bool {
        calls >= self.min && self.max.is_none_or(|max| calls <= max)
    }

    /// Whether a rule that responds at most `limit` times can meet it.
    pub(crate) fn is_possible(self, limit: Option<usize>) -> bool {
        let within = |bound: Option<usize>| bound.is_none_or(|bound| self.min <= bound);
        within(self.max) && within(limit)
    }

    fn below(min: usize, end: usize) -> Self {
        match end.checked_sub(1) {
            Some(max) => Self { min, max: Some(max) },
            // No number is below 0: a range without a member.
            None => Self { min: min.max(1), max: Some(0) },
        }
    }
}

impl From<usize> for Times {
    fn from(exactly: usize) -> Self {
        Self { min: exactly, max: Some(exactly) }
    }
}

impl From<Range<usize>> for Times {
    fn from(range: Range<usize>) -> Self {
        Self::below(range.start, range.end)
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(range: RangeInclusive<usize>) -> Self {
        let (min, max) = range.into_inner();
        Self { min, max: Some(max) }
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Self {
        Self { min: range.start, max: None }
    }
}

impl From<RangeTo<usize>> for Times {
    fn from(range: RangeTo<usize>) -> Self {
        Self::below(0, range.end)
    }
}

impl From<RangeToInclusive<usize>> for Times {
    fn from(range: RangeToInclusive<usize>) -> Self {
        Self { min: 0, max: Some(range.end) }
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self::ANY
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = |count: usize| if count == 1 { "call" } else { "calls" };
        match (self.min, self.max) {
            (0, None) => f.write_str("any number of calls"),
            (0, Some(0)) => f.write_str("no call"),
            (min, Some(max)) if min > max => f.write_str("no call is possible"),
            (min, Some(max)) if min == max => write!(f, "exactly {min} {}", calls(min)),
            (min, None) => write!(f, "at least {min} {}", calls(min)),
            (0, Some(max)) => write!(f, "at most {max} {}", calls(max)),
            (min, Some(max)) => write!(f, "{min} to {max} calls"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_range() {
        let cases: [(Times, [bool; 5]); 8] = [
            (0.into(), [true, false, false, false, false]),
            (2.into(), [false, false, true, false, false]),
            ((1..3).into(), [false, true, true, false, false]),
            ((1..=3).into(), [false, true, true, true, false]),
            ((2..).into(), [false, false, true, true, true]),
            ((..2).into(), [true, true, false, false, false]),
            ((..=2).into(), [true, true, true, false, false]),
            ((..).into(), [true; 5]),
        ];
        for (times, expected) in cases {
            assert_eq!(std::array::from_fn(|calls| times.contains(calls)), expected, "{times}");
            assert!(times.is_possible(None), "{times}");
        }
    }

    #[test]
    fn empty_ranges_and_low_limits_are_impossible() {
        let reversed = Range { start: 7, end: 0 };
        let reversed_inclusive = RangeInclusive::new(3, 2);
        for empty in [Times::from(..0), (0..0).into(), (5..5).into(), reversed.into(), reversed_inclusive.into()] {
            assert!(!empty.is_possible(None), "{empty}");
            assert!((0..10).all(|calls| !empty.contains(calls)), "{empty}");
        }
        assert!(!Times::from(3).is_possible(Some(2)));
        assert!(Times::from(3).is_possible(Some(3)));
        assert!(Times::from(..=3).is_possible(Some(1)));
    }
}
