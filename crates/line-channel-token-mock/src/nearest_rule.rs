//! Describes a request that no rule matched, by the rule that nearly did.

use crate::mismatch::Mismatch;
use crate::received_request::ReceivedRequest;
use crate::rule::Rule;

/// The request, the nearest of the rules that were compared with it, and everything that differs between the two.
pub(crate) fn describe(request: &ReceivedRequest, compared: &[(Rule, Vec<Mismatch>)]) -> String {
    match compared.iter().min_by_key(|(_, mismatches)| distance(mismatches)) {
        Some((rule, mismatches)) => {
            let mismatches: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
            format!("{request}\n    nearest rule \"{}\": {}", rule.name(), mismatches.join("; "))
        }
        None => format!("{request}\n    the mock has no rule: write one with `given`"),
    }
}

/// A rule for the same operation, path and method is nearer than any other. Among those, it is the one with the fewest mismatches; then
/// a used-up one is nearer than one whose content differs.
fn distance(mismatches: &[Mismatch]) -> (bool, usize, Option<&Mismatch>) {
    let has_other_target = mismatches.iter().any(|mismatch| matches!(mismatch, Mismatch::Target(_)));
    (has_other_target, mismatches.len(), mismatches.first())
}
