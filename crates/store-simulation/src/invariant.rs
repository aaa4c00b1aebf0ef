//! What must hold at every step.

use std::fmt;
use std::time::Duration;

/// What must hold at every step, whatever goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// What is stored is not replaced by somebody who does not hold the lease, nor by an older token.
    NoStaleOverwrite,
    /// Two tokens live at most, beside those that a kill, a pause, a lost response or an outage explains.
    FewTokens,
    /// No caller gets a token that has expired.
    NoneExpired,
    /// No caller gets a token that its process has seen refused, nor one that was marked as refused before its process last read the store.
    NoneRefused,
    /// Each live node is served within a bound after the last fault.
    Served,
    /// Then all nodes use one token.
    Converged,
    /// A store that is down costs no node a valid token, and has none issue another.
    OutageCostsNothing,
    /// Each change of the store's state is told once, and each token that was issued without it.
    EventsOnce,
    /// Without a fault, one token is issued for each that expires.
    OneIssuePerExpiry,
    /// Calls of LINE and of the store are bounded in number.
    NoStorm,
}

impl Invariant {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::NoStaleOverwrite,
        Self::FewTokens,
        Self::NoneExpired,
        Self::NoneRefused,
        Self::Served,
        Self::Converged,
        Self::OutageCostsNothing,
        Self::EventsOnce,
        Self::OneIssuePerExpiry,
        Self::NoStorm,
    ];
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// When, since the simulation began.
    pub at: Duration,
    /// What was seen.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not hold at {:.6} s: {}", self.invariant, self.at.as_secs_f64(), self.text)
    }
}
