//! How often a rule shall be, and may be, called.

use std::fmt;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expectation {
    /// As often as one likes, never included.
    Any,
    /// Never: a call is refused, and a fault.
    Never,
    /// Exactly so often; then the rule answers no more.
    Times(usize),
    /// So often or more.
    AtLeast(usize),
    /// So often or less; then the rule answers no more.
    UpTo(usize),
}

impl Expectation {
    pub(crate) fn is_met_by(self, calls: usize) -> bool {
        match self {
            Self::Any | Self::UpTo(_) => true,
            Self::Never => calls == 0,
            Self::Times(wanted) => calls == wanted,
            Self::AtLeast(wanted) => calls >= wanted,
        }
    }

    pub(crate) fn is_used_up_by(self, calls: usize) -> bool {
        matches!(self, Self::Times(most) | Self::UpTo(most) if calls >= most)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, number) = match self {
            Self::Any => return f.write_str("any number of calls"),
            Self::Never => return f.write_str("no call"),
            Self::Times(number) => ("exactly", number),
            Self::AtLeast(number) => ("at least", number),
            Self::UpTo(number) => ("up to", number),
        };
        write!(f, "{words} {number} call{}", if *number == 1 { "" } else { "s" })
    }
}
