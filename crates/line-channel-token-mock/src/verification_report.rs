//! What a verification found.

use std::fmt;

use crate::ReceivedRequest;
use crate::matchers::Difference;
use crate::rule::Rule;

/// Which expectations were not met and which requests no rule answered, in words without a secret.
#[derive(Clone, Debug)]
pub struct VerificationReport {
    unmet: Vec<String>,
    unmatched: Vec<String>,
}

impl VerificationReport {
    /// The report on these rules and requests, or `None` where all is well.
    pub(crate) fn on(rules: &[Rule], received: &[ReceivedRequest]) -> Option<Self> {
        let unmet: Vec<_> = rules.iter().filter(|rule| !rule.is_met()).map(unmet).collect();
        let unmatched: Vec<_> = received.iter().filter_map(ReceivedRequest::refusal).map(str::to_owned).collect();
        (!unmet.is_empty() || !unmatched.is_empty()).then_some(Self { unmet, unmatched })
    }

    /// One line for each rule whose expectation was not met.
    #[must_use]
    pub fn unmet_expectations(&self) -> &[String] {
        &self.unmet
    }

    /// A text for each request that no rule answered: the nearest rule at that time, and what differed.
    #[must_use]
    pub fn unmatched_requests(&self) -> &[String] {
        &self.unmatched
    }
}

fn unmet(rule: &Rule) -> String {
    format!("rule \"{}\": expected {}, got {}", rule.name(), rule.expectation(), rule.calls())
}

/// The request, the rule that was nearest to answering it, and every difference between them.
pub(crate) fn unmatched(received: &ReceivedRequest, rules: &[(Rule, Vec<Difference>)]) -> String {
    // One that goes to the same place is nearer than any other; among those, the one with the fewest differences, and a
    // used-up one before one whose content differs.
    let nearness = |differences: &[Difference]| {
        let elsewhere = differences.iter().any(|difference| matches!(difference, Difference::Place(_)));
        (elsewhere, differences.len(), differences.first().cloned())
    };
    match rules.iter().min_by_key(|(_, differences)| nearness(differences)) {
        Some((rule, differences)) => {
            let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
            format!("{received}\n    nearest rule \"{}\": {}", rule.name(), differences.join("; "))
        }
        None => format!("{received}\n    the mock has no rule: write one with `given`"),
    }
}

impl fmt::Display for VerificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.unmet {
            writeln!(f, "{line}")?;
        }
        for line in &self.unmatched {
            writeln!(f, "no rule answered {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for VerificationReport {}
