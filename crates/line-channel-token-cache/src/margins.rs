//! How long before its expiry a token is replaced.
//!
//! A quarter of an hour and thirty days cannot share a number, so margins are shares of the life; and they are jittered, so
//! that caches which started together do not refresh together.

use std::time::Duration;

/// The life that must be left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Margins {
    /// Below this, a new token is fetched in the background.
    pub(crate) advisory: Duration,
    /// Below this, callers wait for the new token.
    pub(crate) mandatory: Duration,
}

impl Margins {
    /// The margins for a token of this life. `jitter` is from 0 to 1.
    pub(crate) fn of(life: Option<Duration>, jitter: f64) -> Self {
        let Some(life) = life else {
            return Self { advisory: Duration::ZERO, mandatory: Duration::ZERO };
        };
        // A fifth of the life, give or take a quarter of that; a minute at most for those who must not be late.
        let advisory = life.mul_f64(0.15 + 0.10 * jitter.clamp(0.0, 1.0));
        let mandatory = life.mul_f64(0.02).min(Duration::from_secs(60));
        Self { advisory, mandatory }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Margins;

    #[test]
    fn margins_scale_with_the_life_and_never_reach_it() {
        for (life, least, most) in [(900, 135, 225), (2_592_000, 388_800, 648_000), (1, 0, 1)] {
            let life = Duration::from_secs(life);
            for jitter in [0.0, 0.5, 1.0] {
                let margins = Margins::of(Some(life), jitter);
                assert!((least..=most).contains(&margins.advisory.as_secs()), "{margins:?}");
                assert!(margins.mandatory < margins.advisory && margins.advisory < life, "{margins:?}");
                assert!(margins.mandatory <= Duration::from_secs(60));
            }
        }
        assert_ne!(
            Margins::of(Some(Duration::from_secs(900)), 0.1).advisory,
            Margins::of(Some(Duration::from_secs(900)), 0.2).advisory
        );
        assert!(Margins::of(None, 0.5).advisory.is_zero());
        let longest = Margins::of(Some(Duration::from_secs(u64::MAX / 2)), 1.0);
        assert!(longest.advisory > longest.mandatory);
    }
}
