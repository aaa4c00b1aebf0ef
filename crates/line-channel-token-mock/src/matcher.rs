//! One condition on a request.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use line_channel_token_core::Operation;

use crate::mismatch::Mismatch;
use crate::received_request::ReceivedRequest;

type Check = dyn Fn(&ReceivedRequest) -> Result<(), Mismatch> + Send + Sync;

/// One condition on a request: what [`MockBackend::given`](crate::MockBackend::given) and
/// [`RuleBuilder::and`](crate::RuleBuilder::and) take.
///
/// The functions in [`matchers`](crate::matchers) make them, and an [`Operation`] becomes one by itself. Its `Display` is what a report
/// calls it.
///
/// ```
/// use line_channel_token_core::Operation;
/// use line_channel_token_mock::{Matcher, matchers};
///
/// assert_eq!(Matcher::from(Operation::IssueJwt).to_string(), "issue_jwt");
/// assert_eq!(matchers::kid("the-kid").to_string(), "kid the-kid");
/// ```
#[derive(Clone)]
pub struct Matcher {
    description: Cow<'static, str>,
    check: Arc<Check>,
}

impl Matcher {
    pub(crate) fn new(
        description: impl Into<Cow<'static, str>>,
        check: impl Fn(&ReceivedRequest) -> Result<(), Mismatch> + Send + Sync + 'static,
    ) -> Self {
        Self { description: description.into(), check: Arc::new(check) }
    }

    /// What differs, if something does.
    pub(crate) fn mismatch(&self, request: &ReceivedRequest) -> Option<Mismatch> {
        (self.check)(request).err()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({self})")
    }
}

impl From<Operation> for Matcher {
    fn from(operation: Operation) -> Self {
        Self::new(operation.as_str(), move |request| match request.operation() {
            Some(given) if given == operation => Ok(()),
            Some(given) => Err(Mismatch::Target(format!("the operation is {given}, not {operation}"))),
            None => Err(Mismatch::Target(format!("the request is none of the nine operations, and not {operation}"))),
        })
    }
}
