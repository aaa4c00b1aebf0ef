//! Why a rule does not respond to a request.

use std::fmt;

/// Why a rule does not respond to a request, in words without a secret.
///
/// The order of the variants is that of nearness: the first one says that the rule nearly responded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mismatch {
    /// Every condition holds, but the rule has responded as often as it may.
    UsedUp(String),
    /// A field, a header or the assertion of the request differs.
    Content(String),
    /// The request is for another operation, path or method.
    Target(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::UsedUp(text) | Self::Content(text) | Self::Target(text)) = self;
        f.write_str(text)
    }
}
