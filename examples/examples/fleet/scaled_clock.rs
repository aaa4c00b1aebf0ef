//! A clock on which time passes faster, from an origin that processes share.

use std::time::Duration;

use line_channel_token::{Clock, Moment, Sleep, SystemClock};

/// A sleep must not be over at once.
const SHORTEST_SLEEP: Duration = Duration::from_micros(200);

/// Runs so many times as fast as the machine's clock. All that have the same origin and speed show the same time, in whatever process they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScaledClock {
    origin: Duration,
    speed: u32,
    /// The machine's time when this clock was made: from then on the monotonic clock counts, which is not set.
    start: Moment,
}

impl ScaledClock {
    /// `origin` is a time since the Unix epoch at which this clock showed the machine's time.
    pub(crate) fn new(origin: Duration, speed: u32) -> Self {
        Self { origin, speed: speed.max(1), start: SystemClock.now() }
    }

    fn at(&self, machine: Moment) -> Moment {
        let before = self.start.unix.saturating_sub(self.origin);
        let since = machine.monotonic.saturating_sub(self.start.monotonic);
        let elapsed = before.saturating_add(since).saturating_mul(self.speed);
        Moment { monotonic: elapsed, unix: self.origin.saturating_add(elapsed) }
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Moment {
        self.at(SystemClock.now())
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep((duration / self.speed).max(SHORTEST_SLEEP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Duration = Duration::from_secs(1_767_225_600);

    fn clock(made_after: u64) -> ScaledClock {
        let start =
            Moment { monotonic: Duration::from_secs(77 + made_after), unix: ORIGIN + Duration::from_secs(made_after) };
        ScaledClock { origin: ORIGIN, speed: 60, start }
    }

    fn machine(monotonic: u64, unix: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(monotonic), unix: ORIGIN + Duration::from_secs(unix) }
    }

    #[test]
    fn a_second_is_a_minute() {
        let clock = clock(0);
        assert_eq!(clock.at(machine(77, 0)).unix, ORIGIN);
        assert_eq!(clock.at(machine(80, 3)).unix, ORIGIN + Duration::from_secs(180));
        assert_eq!(clock.at(machine(80, 3)).monotonic, Duration::from_secs(180));
    }

    #[test]
    fn processes_that_start_later_show_the_same_time() {
        assert_eq!(clock(0).at(machine(80, 3)), clock(2).at(machine(80, 3)));
    }

    #[test]
    fn a_calendar_that_is_set_moves_nothing() {
        assert_eq!(clock(0).at(machine(80, 3)), clock(0).at(machine(80, 9999)));
    }
}
