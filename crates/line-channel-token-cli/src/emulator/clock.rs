//! A clock that starts at another time than the machine's.

use std::time::Duration;

use line_channel_token::{Clock, Moment, Sleep, SystemClock};

/// The machine's clock, with another calendar.
#[derive(Debug)]
pub(super) struct ShiftedClock {
    start: Duration,
    at: Duration,
}

impl ShiftedClock {
    /// It is `start` now.
    pub(super) fn starting_at(start: Duration) -> Self {
        Self { start, at: SystemClock.now().unix }
    }

    fn shifted(&self, moment: Moment) -> Moment {
        // The machine's clock may be set back meanwhile.
        let unix = (self.start + moment.unix).saturating_sub(self.at);
        Moment { unix, ..moment }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Moment {
        self.shifted(SystemClock.now())
    }

    fn now_coarse(&self) -> Moment {
        self.shifted(SystemClock.now_coarse())
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token::Clock;

    use super::ShiftedClock;

    #[test]
    fn time_starts_where_it_was_set() {
        for start in [0, 1_000_000_000, 4_000_000_000] {
            let now = ShiftedClock::starting_at(Duration::from_secs(start)).now().unix.as_secs();
            assert!((start..start + 60).contains(&now), "{now}");
        }
    }
}
