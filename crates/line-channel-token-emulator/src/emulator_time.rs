//! The emulator's time: that of the clock it was given, and what it was advanced by.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use line_channel_token_core::{Clock, Error, Moment, Sleep};

/// The last second of the year 9999. A `Date` header can say no later one.
pub(crate) const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// The time for the whole emulator, before what one channel was advanced by is added: `Channel::now` does that. A type of its own, so that it is not taken for the time of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EmulatorTime(pub(crate) Moment);

impl EmulatorTime {
    /// The same time, later by so much.
    pub(crate) fn later(self, by: Duration) -> Moment {
        Moment { monotonic: self.0.monotonic.saturating_add(by), unix: self.0.unix.saturating_add(by) }
    }

    /// What a clock would be advanced by in all, unless it then showed a year that has more than four digits.
    pub(crate) fn advanced_by(self, already: Duration, by: Duration) -> Result<Duration, Error> {
        let sum = already.checked_add(by);
        let fits = sum.is_some_and(|sum| self.0.unix.checked_add(sum).is_some_and(|time| time <= LAST_SECOND));
        sum.filter(|_| fits).ok_or_else(|| {
            let days = by.as_secs() / 86_400;
            Error::invalid_input(format!(
                "the time cannot be advanced by {days} days: it would be after the year 9999, so advance by less, or reset"
            ))
        })
    }
}

/// The clock of an emulator and of its clients.
#[derive(Debug)]
pub(crate) struct EmulatorClock {
    given: Arc<dyn Clock>,
    advanced: RwLock<Advanced>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Advanced {
    /// Since the emulator was built: a monotonic clock must not go back, whatever is reset.
    monotonic: Duration,
    /// Since the last reset.
    unix: Duration,
}

impl EmulatorClock {
    pub(crate) fn new(given: Arc<dyn Clock>) -> Self {
        Self { given, advanced: RwLock::default() }
    }

    pub(crate) fn time(&self) -> EmulatorTime {
        EmulatorTime(self.now())
    }

    /// Moves the time ahead; `channels` is the most that a channel is ahead of it.
    pub(crate) fn advance(&self, by: Duration, channels: Duration) -> Result<(), Error> {
        let mut advanced = self.advanced.write().unwrap_or_else(PoisonError::into_inner);
        EmulatorTime(advanced.of(self.given.now())).advanced_by(channels, by)?;
        advanced.unix = advanced.unix.saturating_add(by);
        advanced.monotonic = advanced.monotonic.saturating_add(by);
        Ok(())
    }

    /// Shows the time of the given clock again.
    pub(crate) fn reset(&self) {
        self.advanced.write().unwrap_or_else(PoisonError::into_inner).unix = Duration::ZERO;
    }

    fn advanced(&self) -> Advanced {
        *self.advanced.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Advanced {
    fn of(self, given: Moment) -> Moment {
        Moment { monotonic: given.monotonic.saturating_add(self.monotonic), unix: given.unix.saturating_add(self.unix) }
    }
}

impl Clock for EmulatorClock {
    fn now(&self) -> Moment {
        self.advanced().of(self.given.now())
    }

    fn now_coarse(&self) -> Moment {
        self.advanced().of(self.given.now_coarse())
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.given.sleep(duration)
    }

    fn background_sleep(&self, duration: Duration) -> Sleep {
        self.given.background_sleep(duration)
    }
}
