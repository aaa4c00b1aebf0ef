//! How fast time runs, the same for all processes of a run.

use std::time::Duration;

use line_channel_token::{Clock, SystemClock};
use serde::{Deserialize, Serialize};

use crate::scaled_clock::ScaledClock;

/// How often faster than on a wall the workers' time runs: a minute is three seconds. The lease of a store, a minute at most, is still long enough
/// for a process of fifty on two cores.
const SPEED: u32 = 20;

/// LINE gives a short-lived (v2) token 30 days, whatever one asks for.
pub(crate) const SHORT_LIVED_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// One scaled time for the workers, and one for the emulator, which is faster still if tokens of 30 days are to expire while somebody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    origin: Duration,
    speed: u32,
    /// How often faster the emulator's time runs than the workers'.
    pub(crate) ahead: u32,
    /// How long a token lives by the workers' clock.
    pub(crate) lifetime: Duration,
}

impl Pace {
    /// Begins now. A token lives for so many seconds on a wall.
    pub(crate) fn begin(life_secs: u32, is_short_lived: bool) -> Self {
        let lifetime = Duration::from_secs(u64::from(life_secs.saturating_mul(SPEED)));
        let ahead = SHORT_LIVED_LIFETIME.as_secs() / lifetime.as_secs().max(1);
        let ahead = if is_short_lived { u32::try_from(ahead).unwrap_or(u32::MAX) } else { 1 };
        Self { origin: SystemClock.now().unix, speed: SPEED, ahead, lifetime }
    }

    /// Real time, in which tokens live for 30 days.
    pub(crate) fn real_time() -> Self {
        Self { origin: SystemClock.now().unix, speed: 1, ahead: 1, lifetime: SHORT_LIVED_LIFETIME }
    }

    /// The clock of the workers, and of stores that take one.
    pub(crate) fn clock(self) -> ScaledClock {
        ScaledClock::new(self.origin, self.speed)
    }

    /// The clock of the emulator.
    pub(crate) fn line_clock(self) -> ScaledClock {
        ScaledClock::new(self.origin, self.speed.saturating_mul(self.ahead))
    }

    /// What a real clock of this machine shows, told by the workers' clock.
    pub(crate) fn scaled(self, real: Duration) -> Duration {
        self.origin.saturating_add(real.saturating_sub(self.origin).saturating_mul(self.speed))
    }

    /// How long something takes on a wall.
    pub(crate) fn real(self, scaled: Duration) -> Duration {
        scaled / self.speed.max(1)
    }

    /// How long something that takes this long on a wall takes by the workers' clock: for limits on what does not go faster, such as a response.
    pub(crate) fn stretched(self, real: Duration) -> Duration {
        real.saturating_mul(self.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_thirty_days_expire_with_the_others() {
        let pace = Pace::begin(10, true);
        assert_eq!(pace.lifetime, Duration::from_secs(200));
        assert_eq!(SHORT_LIVED_LIFETIME / pace.ahead, pace.lifetime);
        assert_eq!(Pace::begin(10, false).ahead, 1);
    }

    #[test]
    fn a_store_with_real_time_agrees_with_the_clock() {
        let pace = Pace::begin(10, false);
        let told = pace.scaled(SystemClock.now().unix);
        let read = pace.clock().now().unix;
        assert!(read >= told && read - told < pace.stretched(Duration::from_secs(5)), "{told:?} {read:?}");
        assert_eq!(pace.real(pace.stretched(Duration::from_secs(3))), Duration::from_secs(3));
    }
}
