//! The store's time: the wall clock, but it does not go back.

use std::time::Duration;

use line_channel_token_core::Moment;
use serde::{Deserialize, Serialize};

use super::boot::Timebase;

/// So far may the store's time be ahead of what the file says of it, until that is written.
const TOLERANCE: Duration = Duration::from_millis(500);

/// At most so much time is counted for a machine that was off while the store's time was ahead of its wall clock. No token lives so long, and a wall clock
/// that was wrong may say anything.
const LONGEST_PAUSE: Duration = Duration::from_secs(400 * 24 * 3600);

/// What the store's time was at some moment, as it is in a file. Times are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Anchor {
    /// The store's time, since the Unix epoch.
    time: u64,
    /// The wall clock's time at that moment, since the Unix epoch.
    wall: u64,
    /// The monotonic clock's time at that moment.
    monotonic: u64,
    /// Which monotonic times can be compared with that.
    timebase: Option<String>,
}

/// The store's time now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoreTime {
    pub(super) now: Duration,
    /// It must be written down, because the next reading may be of a wall clock that was set back.
    pub(super) must_be_kept: bool,
}

impl Anchor {
    /// For a file that is written at this time of the store.
    pub(super) fn new(now: Duration, moment: Moment, timebase: &Timebase) -> Self {
        Self {
            time: nanoseconds(now),
            wall: nanoseconds(moment.unix),
            monotonic: nanoseconds(moment.monotonic),
            timebase: timebase.id.as_deref().map(str::to_owned),
        }
    }
}

/// The store's time at this moment, if the file has this anchor.
///
/// It is the wall clock's, unless that has been set back: then time goes on from the anchor. How much has passed since is what the monotonic clock says, if it
/// has run since then; otherwise what the wall clock says. So a wall clock that was set far ahead and back again leaves the store's time ahead for good, and
/// lifetimes are as long as ever.
pub(super) fn store_time(anchor: Option<&Anchor>, moment: Moment, timebase: &Timebase) -> StoreTime {
    let wall = moment.unix;
    let Some(anchor) = anchor else { return StoreTime { now: wall, must_be_kept: false } };
    let then = Duration::from_nanos(anchor.time);
    if timebase.id.is_some() && timebase.id.as_deref() == anchor.timebase.as_deref() {
        let passed = moment.monotonic.saturating_sub(Duration::from_nanos(anchor.monotonic));
        let foretold = then.saturating_add(passed);
        let now = foretold.max(wall);
        return StoreTime { now, must_be_kept: now.saturating_sub(foretold) > TOLERANCE };
    }
    if wall >= then {
        return StoreTime { now: wall, must_be_kept: timebase.is_of_the_machine };
    }
    let wall_then = Duration::from_nanos(anchor.wall);
    let passed = wall.saturating_sub(wall_then).min(LONGEST_PAUSE);
    StoreTime { now: then.saturating_add(passed), must_be_kept: timebase.is_of_the_machine || wall < wall_then }
}

/// In nanoseconds, for 584 years.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::super::boot::Timebase;
    use super::{Anchor, store_time};

    const DAY: u64 = 24 * 3600;
    const NOW: u64 = 1_767_225_600;

    /// A machine with a file, of which each reading writes down what must be kept.
    struct Machine {
        anchor: Option<Anchor>,
        timebase: Timebase,
    }

    impl Machine {
        fn new() -> Self {
            let mut machine = Self { anchor: None, timebase: boot("first") };
            machine.write(NOW, 1000);
            machine
        }

        fn read(&mut self, wall: u64, monotonic: u64) -> u64 {
            let moment = moment(wall, monotonic);
            let time = store_time(self.anchor.as_ref(), moment, &self.timebase);
            if time.must_be_kept {
                self.anchor = Some(Anchor::new(time.now, moment, &self.timebase));
            }
            time.now.as_secs()
        }

        fn write(&mut self, wall: u64, monotonic: u64) -> u64 {
            let moment = moment(wall, monotonic);
            let now = store_time(self.anchor.as_ref(), moment, &self.timebase).now;
            self.anchor = Some(Anchor::new(now, moment, &self.timebase));
            now.as_secs()
        }

        fn restart(&mut self, name: &str) {
            self.timebase = boot(name);
        }
    }

    fn boot(name: &str) -> Timebase {
        Timebase { id: Some(name.into()), is_of_the_machine: true }
    }

    fn moment(wall: u64, monotonic: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(monotonic), unix: Duration::from_secs(wall) }
    }

    #[test]
    fn time_is_the_wall_clocks() {
        let mut machine = Machine::new();
        assert_eq!(machine.read(NOW + 60, 1060), NOW + 60);
        machine.restart("second");
        assert_eq!(machine.read(NOW + DAY, 5), NOW + DAY, "also after a restart");
    }

    #[test]
    fn a_clock_set_back_changes_nothing() {
        let mut machine = Machine::new();
        assert_eq!(machine.read(NOW - DAY, 1010), NOW + 10);
        assert_eq!(machine.write(NOW - DAY, 1020), NOW + 20);
        assert_eq!(machine.read(NOW + 30, 1030), NOW + 30, "and forward again");
    }

    #[test]
    fn a_jump_that_was_only_read_is_kept() {
        let mut machine = Machine::new();
        assert_eq!(machine.read(NOW + DAY, 1010), NOW + DAY);
        assert_eq!(machine.read(NOW + 20, 1020), NOW + DAY + 10);
    }

    #[test]
    fn a_clock_that_flaps_is_counted_once() {
        let mut machine = Machine::new();
        for round in 0..50 {
            machine.write(NOW + DAY + round * 20, 1000 + round * 20);
            machine.write(NOW + round * 20 + 10, 1010 + round * 20);
        }
        assert_eq!(machine.read(NOW + 1000, 2000), NOW + DAY + 1000);
    }

    #[test]
    fn a_year_too_far_and_back_again_still_measures_lifetimes() {
        let mut machine = Machine::new();
        let ahead = machine.write(NOW + 3650 * DAY, 1010);
        assert_eq!(machine.write(NOW + 20, 1020), ahead + 10);
        machine.restart("second");
        let after = machine.read(NOW + 5 * DAY, 5);
        assert_eq!(after, ahead + 10 + 5 * DAY - 20, "the time in which the machine was off counts");
        assert_eq!(machine.read(NOW + 5 * DAY + 60, 65), after + 60);
    }

    #[test]
    fn a_machine_without_a_calendar_gets_the_right_time_in_the_end() {
        let mut machine = Machine::new();
        for (number, name) in ["second", "third", "fourth"].into_iter().enumerate() {
            let days = (number as u64 + 1) * DAY;
            machine.restart(name);
            let early = machine.read(100, 5);
            assert!(early >= NOW && early < NOW + days, "{early}");
            assert_eq!(machine.read(110, 15), early + 10);
            assert_eq!(machine.read(NOW + days, 60), NOW + days, "the network has told it");
        }
    }

    #[test]
    fn clocks_of_other_origins_are_not_compared() {
        let mut machine = Machine { anchor: None, timebase: Timebase::of_this_store() };
        machine.write(NOW, 1_000_000);
        machine.timebase = Timebase::of_this_store();
        assert_eq!(machine.read(NOW + 10, 5), NOW + 10);
        machine.write(NOW + 10, 5);
        machine.timebase = Timebase::of_this_store();
        assert_eq!(machine.read(NOW + 20, 9_000_000), NOW + 20);
    }

    #[test]
    fn two_skewed_clocks_do_not_drive_time_ahead() {
        let mut machine = Machine::new();
        let (fast, slow) = (Timebase::of_this_store(), Timebase::of_this_store());
        for round in 0..50 {
            machine.timebase = fast.clone();
            machine.write(NOW + 300 + round, round);
            machine.timebase = slow.clone();
            machine.write(NOW - 300 + round, 7000 + round);
        }
        machine.timebase = fast;
        assert_eq!(machine.read(NOW + 350, 50), NOW + 350);
    }

    #[test]
    fn without_a_timebase_time_goes_on_from_where_it_was() {
        let mut machine = Machine { anchor: None, timebase: Timebase { id: None, is_of_the_machine: false } };
        machine.write(NOW, 0);
        assert_eq!(machine.read(NOW - DAY, 0), NOW, "set back");
        assert_eq!(machine.read(NOW - DAY + 60, 0), NOW + 60);
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let end = Moment { monotonic: Duration::MAX, unix: Duration::MAX };
        let anchor = Anchor::new(Duration::MAX, end, &boot("first"));
        let _ = store_time(Some(&anchor), end, &boot("first"));
        let _ = store_time(Some(&anchor), moment(0, 0), &boot("second"));
    }
}
