//! What a request must look like for a rule to answer it.
//!
//! An [`Operation`] is a matcher by itself, so `line.given(Operation::IssueJwt)` needs none of these.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Method;
use line_channel_token_core::Operation;

use crate::ReceivedRequest;

type Test = dyn Fn(&ReceivedRequest) -> Result<(), Difference> + Send + Sync;

/// Why a rule does not answer a request, in words without a secret. The order is that of nearness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// Every condition holds, but the rule has answered as often as it may.
    UsedUp(String),
    /// Something of the request's content differs.
    Content(String),
    /// It goes somewhere else: another operation, path or method.
    Place(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::UsedUp(text) | Self::Content(text) | Self::Place(text)) = self;
        f.write_str(text)
    }
}

/// One condition on a request.
#[derive(Clone)]
pub struct Matcher {
    what: Cow<'static, str>,
    test: Arc<Test>,
}

impl Matcher {
    fn new(
        what: impl Into<Cow<'static, str>>,
        test: impl Fn(&ReceivedRequest) -> Result<(), Difference> + Send + Sync + 'static,
    ) -> Self {
        Self { what: what.into(), test: Arc::new(test) }
    }

    /// What differs, in words without a secret.
    pub(crate) fn check(&self, received: &ReceivedRequest) -> Result<(), Difference> {
        (self.test)(received)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({self})")
    }
}

impl From<Operation> for Matcher {
    fn from(operation: Operation) -> Self {
        Self::new(operation.name(), move |received| match received.operation() {
            Some(given) if given == operation => Ok(()),
            Some(given) => Err(Difference::Place(format!("the operation is {given}, not {operation}"))),
            None => Err(Difference::Place(format!("the request is none of the nine operations, and not {operation}"))),
        })
    }
}

/// Matches every request.
#[must_use]
pub fn any() -> Matcher {
    Matcher::new("any request", |_| Ok(()))
}

/// Matches the whole path, without the query.
#[must_use]
pub fn path(path: impl Into<String>) -> Matcher {
    let path = path.into();
    Matcher::new(format!("path {path}"), move |received| match received.path() {
        given if given == path => Ok(()),
        given => Err(Difference::Place(format!("the path is {given}, not {path}"))),
    })
}

/// Matches a method.
#[must_use]
pub fn method(method: Method) -> Matcher {
    Matcher::new(format!("method {method}"), move |received| match received.method() {
        given if *given == method => Ok(()),
        given => Err(Difference::Place(format!("the method is {given}, not {method}"))),
    })
}

/// Matches a field of the form, or of the query where the operation has one. A report never shows a value that may be a
/// secret.
#[must_use]
pub fn field(name: impl Into<String>, value: impl Into<String>) -> Matcher {
    let (name, value) = (name.into(), value.into());
    let what = format!("field {name}={}", ReceivedRequest::shown(&name, &value));
    Matcher::new(what, move |received| match received.expose_field(&name) {
        Some(given) if given == value => Ok(()),
        Some(given) => {
            let (given, wanted) = (ReceivedRequest::shown(&name, given), ReceivedRequest::shown(&name, &value));
            if given == "[redacted]" {
                Err(Difference::Content(format!("the field {name} has another value (neither is shown)")))
            } else {
                Err(Difference::Content(format!("the field {name} is {given}, not {wanted}")))
            }
        }
        None => Err(Difference::Content(format!("the field {name} is missing"))),
    })
}

/// Matches a header's value.
#[must_use]
pub fn header(name: impl Into<String>, value: impl Into<String>) -> Matcher {
    let (name, value) = (name.into(), value.into());
    Matcher::new(format!("header {name}"), move |received| match received.header(&name) {
        Some(given) if given == value => Ok(()),
        Some(_) => Err(Difference::Content(format!("the header {name} has another value (neither is shown)"))),
        None => Err(Difference::Content(format!("the header {name} is missing"))),
    })
}

/// Matches the requests of one channel: by their `client_id`, or by the `iss` of their assertion.
#[must_use]
pub fn channel(id: impl Into<String>) -> Matcher {
    let id = id.into();
    Matcher::new(format!("channel {id}"), move |received| match received.channel_id() {
        Some(given) if given == id => Ok(()),
        Some(given) => Err(Difference::Content(format!("the channel is {given}, not {id}"))),
        None => Err(Difference::Content(format!("the request names no channel, and not {id}"))),
    })
}

/// Matches the requests whose assertion names this kid.
#[must_use]
pub fn kid(kid: impl Into<String>) -> Matcher {
    let kid = kid.into();
    Matcher::new(format!("kid {kid}"), move |received| match received.assertion_kid() {
        Some(given) if given == kid => Ok(()),
        Some(given) => Err(Difference::Content(format!("the assertion's kid is {given}, not {kid}"))),
        None => Err(Difference::Content(format!("the request has no assertion with a kid, and not {kid}"))),
    })
}

/// Matches by a function of one's own; `what` names it in a report.
#[must_use]
pub fn matching(
    what: impl Into<Cow<'static, str>>,
    test: impl Fn(&ReceivedRequest) -> bool + Send + Sync + 'static,
) -> Matcher {
    let what = what.into();
    let refusal = format!("it is not so that {what}");
    Matcher::new(what, move |received| if test(received) { Ok(()) } else { Err(Difference::Content(refusal.clone())) })
}
