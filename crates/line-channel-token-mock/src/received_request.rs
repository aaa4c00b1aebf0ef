//! A request that the mock got, decoded.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_core::{Moment, Operation};
use serde_json::Value;

/// The fields that LINE knows.
const KNOWN: [&str; 6] =
    ["access_token", "client_assertion", "client_assertion_type", "client_id", "client_secret", "grant_type"];
/// Those whose values may be shown. All others could be a secret.
const SHOWN: [&str; 3] = ["grant_type", "client_id", "client_assertion_type"];

/// A request that the mock got.
///
/// `Debug` and `Display` show method, path and harmless fields; whatever may hold a secret is read on purpose, by the methods whose
/// names begin with `expose`.
#[derive(Clone)]
pub struct ReceivedRequest {
    request: Request<Bytes>,
    operation: Option<Operation>,
    fields: Vec<(String, String)>,
    at: Moment,
    outcome: Outcome,
}

#[derive(Clone)]
enum Outcome {
    Open,
    AnsweredBy(String),
    Refused(String),
}

impl ReceivedRequest {
    pub(crate) fn new(request: Request<Bytes>, at: Moment) -> Self {
        let encoded = match *request.method() {
            Method::GET => request.uri().query().unwrap_or_default().as_bytes(),
            _ => request.body(),
        };
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let asserted = fields.iter().any(|(name, _)| name == "client_assertion");
        // The path may follow that of a base URL.
        let operation = Operation::ALL.into_iter().find(|operation| {
            let v3 = operation.path() == Operation::IssueStateless.path();
            request.uri().path().ends_with(operation.path())
                && *request.method() == operation.method()
                && (!v3 || operation.takes_assertion() == asserted)
        });
        Self { request, operation, fields, at, outcome: Outcome::Open }
    }

    pub(crate) fn answered_by_rule(&mut self, rule: &str) {
        self.outcome = Outcome::AnsweredBy(rule.to_owned());
    }

    pub(crate) fn refused(&mut self, why: String) {
        self.outcome = Outcome::Refused(why);
    }

    /// Why no rule answered it, as things stood when it came.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused(why) => Some(why),
            Outcome::Open | Outcome::AnsweredBy(_) => None,
        }
    }

    /// Which of the nine operations it is, where it is one.
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

    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// When it came, by the mock's clock.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The name of the rule that answered it; `None` where none matched.
    #[must_use]
    pub fn answered_by(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::AnsweredBy(rule) => Some(rule),
            Outcome::Open | Outcome::Refused(_) => None,
        }
    }

    /// The channel that it is about: its `client_id`, or the `iss` of its assertion.
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

    /// A claim of its assertion: a string without its quotes, anything else as JSON.
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

    /// The whole request. Its body and its URI hold secrets.
    #[must_use]
    pub fn expose_request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// A field for a report.
    pub(crate) fn shown<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
        if SHOWN.contains(&name) { format!("{value:?}").into() } else { "[redacted]".into() }
    }

    fn assertion_part(&self, nth: usize) -> Option<Value> {
        let part = self.expose_field("client_assertion")?.split('.').nth(nth)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    }
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
        // A body that is no form comes out as a strange name, so only known names are shown.
        let fields = self.fields.iter().map(|(name, value)| match KNOWN.contains(&name.as_str()) {
            true => format!("{name}={}", Self::shown(name, value)),
            false => "[an unknown field]".to_owned(),
        });
        let fields: Vec<_> = fields.collect();
        f.debug_struct("ReceivedRequest")
            .field("request", &format_args!("{self}"))
            .field("fields", &fields)
            .field("answered_by", &self.answered_by())
            .finish_non_exhaustive()
    }
}
