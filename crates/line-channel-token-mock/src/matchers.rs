//! Conditions on a request, for [`given`](crate::MockBackend::given) and [`and`](crate::RuleBuilder::and).
//!
//! An [`Operation`](line_channel_token_core::Operation) is a matcher by itself, so `line.given(Operation::IssueJwt)` needs none of these.
//!
//! ```
//! use futures_executor::block_on;
//! use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
//! use line_channel_token_mock::{MockBackend, Reply, matchers};
//!
//! let line = MockBackend::new();
//! line.given(Operation::IssueStateless).and(matchers::channel("1")).respond(Reply::stateless_token("token-of-1"));
//! line.given(matchers::any()).priority(9).respond(Reply::server_error());
//!
//! let secret = ChannelSecret::new("s3cret").unwrap();
//! assert!(block_on(line.client().issue_stateless(&ChannelId::new("1").unwrap(), &secret)).is_ok());
//! assert!(block_on(line.client().issue_stateless(&ChannelId::new("2").unwrap(), &secret)).is_err());
//! ```

use std::borrow::Cow;

use http::Method;

use crate::matcher::Matcher;
use crate::mismatch::Mismatch;
use crate::received_request::{REDACTED, ReceivedRequest, redacted};

/// Matches every request.
#[must_use]
pub fn any() -> Matcher {
    Matcher::new("any request", |_| Ok(()))
}

/// Matches the whole path, without the query, such as `/oauth2/v3/token`.
#[must_use]
pub fn path(path: impl Into<String>) -> Matcher {
    let path = path.into();
    Matcher::new(format!("path {path}"), move |request| match request.path() {
        given if given == path => Ok(()),
        given => Err(Mismatch::Target(format!("the path is {given}, not {path}"))),
    })
}

/// Matches a method.
#[must_use]
pub fn method(method: Method) -> Matcher {
    Matcher::new(format!("method {method}"), move |request| match request.method() {
        given if *given == method => Ok(()),
        given => Err(Mismatch::Target(format!("the method is {given}, not {method}"))),
    })
}

/// Matches a field of the form, or of the query if the operation has one. A report never shows a value that may be a
/// secret.
///
/// ```
/// use line_channel_token_mock::matchers;
///
/// assert_eq!(matchers::field("client_id", "1").to_string(), r#"field client_id="1""#);
/// assert_eq!(matchers::field("client_secret", "s3cret").to_string(), "field client_secret=[redacted]");
/// ```
#[must_use]
pub fn field(name: impl Into<String>, value: impl Into<String>) -> Matcher {
    let name = name.into();
    let value = value.into();
    let description = format!("field {name}={}", redacted(&name, &value));
    Matcher::new(description, move |request| match request.expose_field(&name) {
        Some(given) if given == value => Ok(()),
        Some(given) => {
            let given = redacted(&name, given);
            let expected = redacted(&name, &value);
            if given == REDACTED {
                Err(Mismatch::Content(format!("the field {name} has another value (neither is shown)")))
            } else {
                Err(Mismatch::Content(format!("the field {name} is {given}, not {expected}")))
            }
        }
        None => Err(Mismatch::Content(format!("the field {name} is missing"))),
    })
}

/// Matches a header's value. A report never shows it.
#[must_use]
pub fn header(name: impl Into<String>, value: impl Into<String>) -> Matcher {
    let name = name.into();
    let value = value.into();
    Matcher::new(format!("header {name}"), move |request| match request.expose_request().headers().get(&name) {
        Some(given) if given.to_str().is_ok_and(|given| given == value) => Ok(()),
        Some(_) => Err(Mismatch::Content(format!("the header {name} has another value (neither is shown)"))),
        None => Err(Mismatch::Content(format!("the header {name} is missing"))),
    })
}

/// Matches the requests of one channel: by their `client_id`, or by the `iss` of their assertion.
#[must_use]
pub fn channel(id: impl Into<String>) -> Matcher {
    let id = id.into();
    Matcher::new(format!("channel {id}"), move |request| match request.channel_id() {
        Some(given) if given == id => Ok(()),
        Some(given) => Err(Mismatch::Content(format!("the channel is {given}, not {id}"))),
        None => Err(Mismatch::Content(format!("the request names no channel, and not {id}"))),
    })
}

/// Matches the requests whose assertion names this kid.
#[must_use]
pub fn kid(kid: impl Into<String>) -> Matcher {
    let kid = kid.into();
    Matcher::new(format!("kid {kid}"), move |request| match request.assertion_kid() {
        Some(given) if given == kid => Ok(()),
        Some(given) => Err(Mismatch::Content(format!("the assertion's kid is {given}, not {kid}"))),
        None => Err(Mismatch::Content(format!("the request has no assertion with a kid, and not {kid}"))),
    })
}

/// Matches by a function of your own, which may use the mock. A report calls the condition `description`: write what must be true,
/// and no secret.
///
/// ```
/// use line_channel_token_core::Operation;
/// use line_channel_token_mock::{MockBackend, Reply, matchers};
///
/// let line = MockBackend::new();
/// line.given(Operation::Revoke)
///     .and(matchers::matching("the token is a test token", |request| {
///         request.expose_field("access_token").is_some_and(|token| token.starts_with("test-"))
///     }))
///     .respond(Reply::revoked());
/// ```
#[must_use]
pub fn matching(
    description: impl Into<Cow<'static, str>>,
    condition: impl Fn(&ReceivedRequest) -> bool + Send + Sync + 'static,
) -> Matcher {
    let description = description.into();
    let otherwise = format!("this is not true: {description}");
    Matcher::new(
        description,
        move |request| {
            if condition(request) { Ok(()) } else { Err(Mismatch::Content(otherwise.clone())) }
        },
    )
}
