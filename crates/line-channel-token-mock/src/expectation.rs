//! How often a rule shall be, and may be, called.

use std::fmt;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expectation {
    /// As often as one likes, never included.
    Any,
    /// Exactly so often; then the rule answers no more.
    Times(usize),
    /// So often or more.
    AtLeast(usize),
}

impl Expectation {
    pub(crate) fn is_met_by(self, calls: usize) -> bool {
        match self {
            Self::Any => true,
            Self::Times(wanted) => calls == wanted,
            Self::AtLeast(wanted) => calls >= wanted,
        }
    }

    pub(crate) fn is_used_up_by(self, calls: usize) -> bool {
        matches!(self, Self::Times(wanted) if calls >= wanted)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any number of calls"),
            Self::Times(1) => f.write_str("exactly 1 call"),
            Self::Times(wanted) => write!(f, "exactly {wanted} calls"),
            Self::AtLeast(1) => f.write_str("at least 1 call"),
            Self::AtLeast(wanted) => write!(f, "at least {wanted} calls"),
        }
    }
}
