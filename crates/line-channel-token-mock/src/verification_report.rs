//! What a verification found.

use std::fmt;

use crate::received_request::ReceivedRequest;
use crate::rule::Rule;

/// The expectations that were not met and the requests that no rule matched, in words without a secret.
///
/// [`MockBackend::try_verify`](crate::MockBackend::try_verify) returns one, and [`MockBackend::verify`](crate::MockBackend::verify)
/// panics with one.
///
/// ```
/// use line_channel_token_core::Operation;
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// let line = MockBackend::new();
/// line.given(Operation::Revoke).expect(1).respond(Reply::revoked());
///
/// let report = line.try_verify().unwrap_err();
/// assert_eq!(report.unmet_expectations(), [r#"rule "revoke": expected exactly 1 call, got 0"#]);
/// assert!(report.unmatched_requests().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationReport {
    unmet_expectations: Vec<String>,
    unmatched_requests: Vec<String>,
}

impl VerificationReport {
    /// The report on these rules and requests, or `None` if nothing is wrong.
    pub(crate) fn of(rules: &[Rule], requests: &[ReceivedRequest]) -> Option<Self> {
        let unmet_expectations: Vec<_> = rules.iter().filter(|rule| !rule.is_met()).map(describe_unmet).collect();
        let unmatched_requests: Vec<_> =
            requests.iter().filter_map(ReceivedRequest::unmatched).map(str::to_owned).collect();
        let is_clean = unmet_expectations.is_empty() && unmatched_requests.is_empty();
        (!is_clean).then_some(Self { unmet_expectations, unmatched_requests })
    }

    /// One line for each rule whose expectation was not met.
    #[must_use]
    pub fn unmet_expectations(&self) -> &[String] {
        &self.unmet_expectations
    }

    /// A text for each request that no rule matched: the nearest rule at that time, and what differed.
    #[must_use]
    pub fn unmatched_requests(&self) -> &[String] {
        &self.unmatched_requests
    }
}

fn describe_unmet(rule: &Rule) -> String {
    format!("rule \"{}\": expected {}, got {}", rule.name(), rule.expected(), rule.calls())
}

impl fmt::Display for VerificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.unmet_expectations {
            writeln!(f, "{line}")?;
        }
        for line in &self.unmatched_requests {
            writeln!(f, "no rule matched {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for VerificationReport {}
