//! What a verification found.

use std::fmt;

use crate::rule::Rule;
use crate::{Matcher, Received};

/// Which expectations were not met and which requests no rule answered, in words without a secret.
#[derive(Clone, Debug)]
pub struct Report {
    unmet: Vec<String>,
    unmatched: Vec<String>,
}

impl Report {
    /// The report on these rules and requests, or `None` where all is well.
    pub(crate) fn on(rules: &[Rule], received: &[Received]) -> Option<Self> {
        let unmet: Vec<_> = rules.iter().filter(|rule| !rule.is_met()).map(unmet).collect();
        let unmatched: Vec<_> = received
            .iter()
            .filter(|received| received.answered_by().is_none())
            .map(|received| unmatched(rules, received))
            .collect();
        (!unmet.is_empty() || !unmatched.is_empty()).then_some(Self { unmet, unmatched })
    }

    /// One line for each rule whose expectation was not met.
    #[must_use]
    pub fn unmet_expectations(&self) -> &[String] {
        &self.unmet
    }

    /// A text for each request that no rule answered: the nearest rule, and what differed.
    #[must_use]
    pub fn unmatched_requests(&self) -> &[String] {
        &self.unmatched
    }
}

fn unmet(rule: &Rule) -> String {
    format!("rule \"{}\": expected {}, got {}", rule.name(), rule.expectation(), rule.calls())
}

/// The request, the rule that was nearest to answering it, and every difference between them.
pub(crate) fn unmatched(rules: &[Rule], received: &Received) -> String {
    let nearest = rules
        .iter()
        .map(|rule| (rule, rule.differences(received)))
        // The rule of another operation is far away however few its conditions are.
        .min_by_key(|(_, differences)| (differences.iter().any(|text| is_of_operation(text)), differences.len()));
    match nearest {
        Some((rule, differences)) => {
            format!("{received}\n    nearest rule \"{}\": {}", rule.name(), differences.join("; "))
        }
        None => format!("{received}\n    the mock has no rule: write one with `given`"),
    }
}

fn is_of_operation(difference: &str) -> bool {
    difference.starts_with(Matcher::OPERATION_DIFFERS) || difference.starts_with(Matcher::NO_OPERATION)
}

impl fmt::Display for Report {
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

impl std::error::Error for Report {}
