//! A request that the mock received, decoded.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request};
use line_channel_token_core::{Moment, Operation};
use serde_json::Value;

/// The fields that LINE knows.
const KNOWN_FIELDS: [&str; 6] =
    ["access_token", "client_assertion", "client_assertion_type", "client_id", "client_secret", "grant_type"];
/// Those whose values may be shown. All others could be a secret.
const HARMLESS_FIELDS: [&str; 3] = ["grant_type", "client_id", "client_assertion_type"];

pub(crate) const REDACTED: &str = "[redacted]";

/// A request that the mock received, decoded. [`MockBackend::received_requests`](crate::MockBackend::received_requests) returns them.
///
/// `Debug` and `Display` show the method, the path and harmless fields. The methods that begin with `expose` return what may hold a
/// secret.
///
/// ```
/// use futures_executor::block_on;
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// let line = MockBackend::new();
/// line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// let id = ChannelId::new("1234567890").unwrap();
/// let secret = ChannelSecret::new("s3cret").unwrap();
/// block_on(line.client().issue_stateless(&id, &secret)).unwrap();
///
/// let request = line.received_requests().remove(0);
/// assert_eq!(request.operation(), Some(Operation::IssueStateless));
/// assert_eq!(request.to_string(), "POST /oauth2/v3/token (issue_stateless)");
/// assert_eq!(request.expose_field("client_secret"), Some("s3cret"));
/// assert!(!format!("{request:?}").contains("s3cret"));
/// ```
#[derive(Clone)]
pub struct ReceivedRequest {
    request: Request<Bytes>,
    operation: Option<Operation>,
    fields: Vec<(String, String)>,
    received_at: Moment,
    outcome: Outcome,
}

#[derive(Clone)]
enum Outcome {
    Pending,
    Matched { rule: String },
    Unmatched { description: String },
}

impl ReceivedRequest {
    pub(crate) fn new(request: Request<Bytes>, received_at: Moment) -> Self {
        let encoded = match *request.method() {
            Method::GET => request.uri().query().unwrap_or_default().as_bytes(),
            _ => request.body(),
        };
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let has_assertion = fields.iter().any(|(name, _)| name == "client_assertion");
        let operation = operation_of(&request, has_assertion);
        Self { request, operation, fields, received_at, outcome: Outcome::Pending }
    }

    pub(crate) fn set_matched_rule(&mut self, rule: &str) {
        self.outcome = Outcome::Matched { rule: rule.to_owned() };
    }

    pub(crate) fn set_unmatched(&mut self, description: String) {
        self.outcome = Outcome::Unmatched { description };
    }

    /// Why no rule matched it when it came, if none did.
    pub(crate) fn unmatched(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Unmatched { description } => Some(description),
            Outcome::Pending | Outcome::Matched { .. } => None,
        }
    }

    /// Which of the nine operations it is, if it is one.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// A header's value, if there is one and it is visible ASCII. `None` for `Authorization`, and for a value that is
    /// [marked sensitive](http::HeaderValue::is_sensitive): [`expose_request`](Self::expose_request) has those.
    ///
    /// ```
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{HttpBackend, Limits};
    /// use line_channel_token_mock::{MockBackend, Reply, matchers};
    ///
    /// let line = MockBackend::new();
    /// line.given(matchers::any()).respond(Reply::revoked());
    /// let push = http::Request::post("https://api.line.me/v2/bot/message/push")
    ///     .header("content-type", "application/json")
    ///     .header("authorization", "Bearer the-token");
    /// block_on(line.send(push.body("{}".into()).unwrap(), Limits::default())).unwrap();
    ///
    /// let request = line.received_requests().remove(0);
    /// assert_eq!(request.header("content-type"), Some("application/json"));
    /// assert_eq!(request.header("authorization"), None);
    /// assert_eq!(request.expose_request().headers()["authorization"], "Bearer the-token");
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.request.headers().get(name)?;
        let is_secret = value.is_sensitive() || name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
        if is_secret { None } else { value.to_str().ok() }
    }

    /// When it came, by the mock's clock.
    #[must_use]
    pub fn received_at(&self) -> Moment {
        self.received_at
    }

    /// The name of the rule that responded to it; `None` if none matched.
    #[must_use]
    pub fn matched_rule(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Matched { rule } => Some(rule),
            Outcome::Pending | Outcome::Unmatched { .. } => None,
        }
    }

    /// The channel that it is for: its `client_id`, or the `iss` of its assertion.
    #[must_use]
    pub fn channel_id(&self) -> Option<Cow<'_, str>> {
        match self.expose_field("client_id") {
            Some(id) => Some(id.into()),
            None => Some(self.assertion_part(1)?.get("iss")?.as_str()?.to_owned().into()),
        }
    }

    /// The `kid` of its assertion.
    #[must_use]
    pub fn assertion_kid(&self) -> Option<String> {
        Some(self.assertion_part(0)?.get("kid")?.as_str()?.to_owned())
    }

    /// A claim of its assertion as it was sent: a string without its quotes, anything else as JSON. The claims that LINE knows
    /// are no secrets.
    #[must_use]
    pub fn assertion_claim(&self, name: &str) -> Option<String> {
        Some(match self.assertion_part(1)?.get(name)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The value of a form field, or of a query field for the two `GET` operations. It may be a secret.
    #[must_use]
    pub fn expose_field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The whole request. Its body, its URI and its headers hold secrets.
    #[must_use]
    pub fn expose_request(&self) -> &Request<Bytes> {
        &self.request
    }

    fn assertion_part(&self, index: usize) -> Option<Value> {
        let part = self.expose_field("client_assertion")?.split('.').nth(index)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    }
}

fn operation_of(request: &Request<Bytes>, has_assertion: bool) -> Option<Operation> {
    // The path may follow that of a base URL.
    Operation::ALL.iter().copied().find(|operation| {
        // Two operations share this path: one sends an assertion, the other one a secret.
        let is_stateless = operation.path() == Operation::IssueStateless.path();
        request.uri().path().ends_with(operation.path())
            && *request.method() == operation.method()
            && (!is_stateless || operation.takes_assertion() == has_assertion)
    })
}

/// The value of a field as a report may show it.
pub(crate) fn redacted(name: &str, value: &str) -> String {
    if HARMLESS_FIELDS.contains(&name) { format!("{value:?}") } else { REDACTED.to_owned() }
}

impl fmt::Display for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path())?;
        match self.operation {
            Some(operation) => write!(f, " ({operation})"),
            None => f.write_str(" (none of the nine operations)"),
        }
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A body that is no form is parsed as a field with a strange name, so only known names are shown.
        let show = |(name, value): &(String, String)| match KNOWN_FIELDS.contains(&name.as_str()) {
            true => format!("{name}={}", redacted(name, value)),
            false => "[an unknown field]".to_owned(),
        };
        let fields: Vec<_> = self.fields.iter().map(show).collect();
        f.debug_struct("ReceivedRequest")
            .field("request", &format_args!("{self}"))
            .field("fields", &fields)
            .field("matched_rule", &self.matched_rule())
            .finish_non_exhaustive()
    }
}
