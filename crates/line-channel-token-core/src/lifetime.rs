//! How long tokens and assertions live, in whole seconds and within LINE's limits.

use std::time::Duration;

use crate::Error;

/// How long a v2.1 token shall live (the claim `token_exp`): 1 second to 30 days, in whole seconds. LINE's reference sets the
/// limit.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::TokenLifetime;
///
/// assert_eq!(TokenLifetime::from_days(30)?, TokenLifetime::MAX);
/// assert_eq!(TokenLifetime::try_from(Duration::from_secs(3600))?.as_secs(), 3600);
/// let error = TokenLifetime::from_secs(2_592_000_000).unwrap_err();
/// assert!(error.to_string().contains("this looks like milliseconds: give seconds"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenLifetime(u32);

impl TokenLifetime {
    /// The most that LINE's reference allows: 30 days, 2,592,000 seconds.
    pub const MAX: Self = Self(2_592_000);

    /// Takes a lifetime in seconds.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=2,592,000; if the number looks like milliseconds or
    /// a Unix timestamp, the message says so.
    pub fn from_secs(seconds: u64) -> Result<Self, Error> {
        match u32::try_from(seconds) {
            Ok(seconds @ 1..=2_592_000) => Ok(Self(seconds)),
            _ => Err(Error::invalid_input(format!(
                "a v2.1 token lives 1 to 2592000 seconds (LINE's limit is 30 days), not {seconds}{}",
                if seconds >= 1_000_000_000_000 {
                    "; this looks like a Unix timestamp in milliseconds: give the lifetime in seconds"
                } else if seconds >= 1_500_000_000 && !seconds.is_multiple_of(1000) {
                    "; this looks like a Unix timestamp: give the lifetime, not the moment of expiry"
                } else if seconds > 2_592_000 && seconds.is_multiple_of(1000) {
                    "; this looks like milliseconds: give seconds"
                } else {
                    ""
                }
            ))),
        }
    }

    /// Takes a lifetime in days.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=30.
    pub fn from_days(days: u64) -> Result<Self, Error> {
        match days {
            1..=30 => Self::from_secs(days * 86_400),
            _ => Err(Error::invalid_input(format!("a lifetime in days is 1 to 30 (LINE's limit), not {days}"))),
        }
    }
}

/// How long an assertion may be used: 1 to 1800 seconds, in whole seconds; 300 by default.
///
/// LINE refuses an `exp` more than 30 minutes ahead of *its* clock, so the full 1800 seconds fail if the local clock is
/// ahead.
///
/// ```
/// use line_channel_token_core::AssertionLifetime;
///
/// assert_eq!(AssertionLifetime::default().as_secs(), 300);
/// assert_eq!(AssertionLifetime::from_secs(1800)?, AssertionLifetime::MAX);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssertionLifetime(u32);

impl AssertionLifetime {
    /// The most that LINE's reference allows: 30 minutes.
    pub const MAX: Self = Self(1800);

    /// Takes a lifetime in seconds.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=1800.
    pub fn from_secs(seconds: u64) -> Result<Self, Error> {
        match u32::try_from(seconds) {
            Ok(seconds @ 1..=1800) => Ok(Self(seconds)),
            _ => Err(Error::invalid_input(format!(
                "an assertion lives 1 to 1800 seconds (LINE's limit is 30 minutes), not {seconds}{}",
                if seconds >= 1_000_000_000 {
                    "; give the lifetime, not the moment of expiry"
                } else if seconds > 1800 && seconds.is_multiple_of(1000) {
                    "; are these milliseconds?"
                } else {
                    ""
                }
            ))),
        }
    }
}

impl Default for AssertionLifetime {
    /// Five minutes: room for a slow network and for a clock that is minutes fast.
    fn default() -> Self {
        Self(300)
    }
}

macro_rules! whole_seconds {
    ($($lifetime:ident),*) => {$(
        impl $lifetime {
            /// The lifetime in whole seconds.
            #[must_use]
            pub fn as_secs(self) -> u64 {
                u64::from(self.0)
            }

            /// The lifetime.
            #[must_use]
            pub fn as_duration(self) -> Duration {
                Duration::from_secs(self.as_secs())
            }
        }

        impl TryFrom<Duration> for $lifetime {
            type Error = Error;

            /// As [`from_secs`](Self::from_secs); a fraction of a second is refused, because LINE takes whole ones.
            fn try_from(lifetime: Duration) -> Result<Self, Error> {
                if lifetime.subsec_nanos() != 0 {
                    return Err(Error::invalid_input(format!(
                        "a lifetime is a whole number of seconds, not {} s",
                        lifetime.as_secs_f64()
                    )));
                }
                Self::from_secs(lifetime.as_secs())
            }
        }

        impl From<$lifetime> for Duration {
            fn from(lifetime: $lifetime) -> Self {
                lifetime.as_duration()
            }
        }
    )*};
}

whole_seconds!(TokenLifetime, AssertionLifetime);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AssertionLifetime, TokenLifetime};

    #[test]
    fn a_token_lives_thirty_days_at_most_and_the_likely_mistake_is_named() {
        assert_eq!(TokenLifetime::from_secs(1).unwrap().as_secs(), 1);
        assert_eq!(TokenLifetime::from_days(30).unwrap(), TokenLifetime::MAX);
        for (seconds, says) in [
            (0, "not 0"),
            (2_592_001, "not 2592001"),
            (2_592_000_000, "milliseconds: give seconds"),
            (1_795_340_001, "Unix timestamp: give the lifetime"),
            (1_795_340_000_123, "timestamp in milliseconds"),
        ] {
            let error = TokenLifetime::from_secs(seconds).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        for days in [0, 31, u64::MAX] {
            assert!(TokenLifetime::from_days(days).is_err());
        }
    }

    #[test]
    fn an_assertion_lives_half_an_hour_at_most_and_the_likely_mistake_is_named() {
        assert_eq!(AssertionLifetime::from_secs(1).unwrap().as_secs(), 1);
        assert_eq!(AssertionLifetime::from_secs(1800).unwrap(), AssertionLifetime::MAX);
        for (seconds, says) in
            [(0, "not 0"), (1801, "not 1801"), (300_000, "milliseconds"), (1_790_000_000, "moment of expiry")]
        {
            let error = AssertionLifetime::from_secs(seconds).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_duration_must_be_whole_seconds_within_the_limits() {
        assert_eq!(TokenLifetime::try_from(Duration::from_secs(60)).unwrap().as_duration(), Duration::from_secs(60));
        assert_eq!(AssertionLifetime::try_from(Duration::from_secs(60)).unwrap().as_secs(), 60);
        let error = TokenLifetime::try_from(Duration::from_millis(1500)).unwrap_err().to_string();
        assert_eq!(error, "a lifetime is a whole number of seconds, not 1.5 s");
        for bad in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX, Duration::from_secs(2_592_001)] {
            assert!(TokenLifetime::try_from(bad).is_err() && AssertionLifetime::try_from(bad).is_err());
        }
    }
}
