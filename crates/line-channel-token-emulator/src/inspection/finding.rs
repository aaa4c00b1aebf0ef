//! What one rule says about a pasted text.

use std::fmt;

use crate::numeric_claims::Oddity;
use crate::violation::Violation;

/// What one rule says about a pasted text. `Display` shows the rule, what was found and what to change.
///
/// ```
/// use line_channel_token_emulator::{Inspection, Verdict};
///
/// let inspection = Inspection::builder().inspect("s3cret");
/// let finding = &inspection.findings()[0];
/// assert_eq!((finding.rule, finding.verdict), ("text", Verdict::Violation));
/// assert!(finding.to_string().starts_with("text: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What the rule is about: a member of the header or of the claims such as `alg` or `exp`; `form`, `header`, `claims` and
    /// `signature` for the parts of an assertion; `family` and `status` for a token; `text` for what was pasted.
    pub rule: &'static str,
    /// Whether the rule is kept.
    pub verdict: Verdict,
    /// What was found, in words for a person. It quotes of an assertion's header and claims what
    /// [`RequestRecord`](crate::RequestRecord) lists, and never a signature or a token.
    pub message: String,
    /// What to change.
    pub advice: Option<String>,
}

/// What a rule says.
///
/// ```
/// use line_channel_token_emulator::Verdict;
///
/// assert_eq!(Verdict::NotChecked.as_str(), "not_checked");
/// assert_eq!(Verdict::Ok.to_string(), "ok");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The rule is kept.
    Ok,
    /// It is accepted, and should be changed.
    Warning,
    /// The rule is broken: it is refused.
    Violation,
    /// More would have to be known, and the message says what.
    NotChecked,
}

impl Verdict {
    /// The name in snake case; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::Verdict;
    ///
    /// assert_eq!(Verdict::Violation.as_str(), "violation");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Violation => "violation",
            Self::NotChecked => "not_checked",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Finding {
    pub(super) fn ok(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, verdict: Verdict::Ok, message: message.into(), advice: None }
    }

    pub(super) fn not_checked(rule: &'static str, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotChecked, ..Self::ok(rule, message) }
    }

    pub(super) fn warning(rule: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { rule, verdict: Verdict::Warning, message: message.into(), advice: Some(advice.into()) }
    }

    pub(super) fn violation(rule: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Violation, ..Self::warning(rule, message, advice) }
    }

    pub(super) fn of(rule: &'static str, violation: Violation) -> Self {
        Self::violation(rule, violation.found, violation.advice)
    }

    pub(super) fn odd(oddity: Oddity) -> Self {
        Self::warning(oddity.name, oddity.found, oddity.advice)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.verdict, self.message)?;
        self.advice.iter().try_for_each(|advice| write!(f, "; {advice}"))
    }
}

/// Findings, one for each rule.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Replaces what was found for a rule, unless that is a violation.
    pub(super) fn refine(&mut self, finding: Finding) {
        match self.0.iter_mut().find(|other| other.rule == finding.rule) {
            Some(other) if other.verdict == Verdict::Violation => {}
            Some(other) => *other = finding,
            None => self.push(finding),
        }
    }
}
