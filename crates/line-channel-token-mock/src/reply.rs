//! What a rule responds with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use serde_json::{Map, Value};

use crate::received_request::ReceivedRequest;

/// What a rule responds with: a response or a failure, or several in turn.
///
/// The constructors are named after what LINE says or what happens to the connection; [`raw`](Self::raw), [`failure`](Self::failure)
/// and [`from_fn`](Self::from_fn) make anything else. [`then`](Self::then) appends another reply, and the last one is repeated for all
/// further requests. The other methods change the last one.
///
/// ```
/// use std::time::Duration;
/// use futures_executor::block_on;
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// let line = MockBackend::new();
/// let reply = Reply::bad_gateway().then(Reply::stateless_token("the-token").delay(Duration::from_secs(2)));
/// line.given(Operation::IssueStateless).respond(reply);
///
/// let id = ChannelId::new("1234567890").unwrap();
/// let secret = ChannelSecret::new("s3cret").unwrap();
/// let token = block_on(line.client().issue_stateless(&id, &secret)).unwrap(); // the client retried
/// assert_eq!(token.access_token().expose_secret(), "the-token");
/// assert_eq!(token.received_at().since(token.sent_at()), Duration::from_secs(2));
/// ```
#[derive(Clone)]
pub struct Reply {
    /// Never empty.
    steps: Vec<Step>,
}

#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) delay: Duration,
    outcome: Outcome,
}

#[derive(Clone)]
enum Outcome {
    Response(ScriptedResponse),
    Failure(TransportErrorKind, Sent),
    Computed(Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>),
}

#[derive(Clone)]
struct ScriptedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Json(Map<String, Value>),
    Raw(Bytes),
}

/// How many functions may return each other's replies.
const MAX_NESTED_FUNCTIONS: usize = 8;

impl Reply {
    fn from_outcome(outcome: Outcome) -> Self {
        Self { steps: vec![Step { delay: Duration::ZERO, outcome }] }
    }

    pub(crate) fn json<const N: usize>(status: StatusCode, fields: [(&str, Value); N]) -> Self {
        let body = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self::from_outcome(Outcome::Response(ScriptedResponse { status, headers, body: Body::Json(body) }))
    }

    /// A response with this status and body, and no header but the request id.
    ///
    /// ```
    /// use http::StatusCode;
    /// use http::header::RETRY_AFTER;
    /// use line_channel_token_mock::Reply;
    ///
    /// let reply = Reply::raw(StatusCode::SERVICE_UNAVAILABLE, "<html>maintenance</html>").header(RETRY_AFTER, "3");
    /// ```
    #[must_use]
    pub fn raw(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::from_outcome(Outcome::Response(ScriptedResponse {
            status,
            headers: HeaderMap::new(),
            body: Body::Raw(body.into()),
        }))
    }

    /// No response, but this failure of the transport.
    ///
    /// ```
    /// use line_channel_token_core::{Sent, TransportErrorKind};
    /// use line_channel_token_mock::Reply;
    ///
    /// let reply = Reply::failure(TransportErrorKind::Certificate, Sent::NotSent);
    /// ```
    #[must_use]
    pub fn failure(kind: TransportErrorKind, sent: Sent) -> Self {
        Self::from_outcome(Outcome::Failure(kind, sent))
    }

    /// The reply that a function makes from each request. If that reply has several in turn, the first request gets its first one, the
    /// second request its second one, and so on.
    ///
    /// ```
    /// use line_channel_token_mock::Reply;
    ///
    /// let reply = Reply::from_fn(|request| {
    ///     Reply::stateless_token(&format!("token-of-{}", request.channel_id().unwrap_or_default()))
    /// });
    /// ```
    #[must_use]
    pub fn from_fn(make: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::from_outcome(Outcome::Computed(Arc::new(make)))
    }

    /// This reply first, then `next`.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.steps.extend(next.steps);
        self
    }

    /// Delays the reply by this much on the mock's clock. If that takes longer than the client's deadline, the reply becomes a timeout.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.delay = delay;
        }
        self
    }

    /// Sets the lifetime in the response for a token or a verification. Fractions of a second are cut off.
    ///
    /// # Panics
    ///
    /// If the reply is neither.
    #[must_use]
    #[track_caller]
    pub fn expires_in(self, lifetime: Duration) -> Self {
        self.change_json("expires_in", "expires_in", Some(lifetime.as_secs().into()))
    }

    /// Sets the scope in the response for a verification; spaces separate its permissions.
    ///
    /// # Panics
    ///
    /// If the reply is no verification.
    #[must_use]
    #[track_caller]
    pub fn scope(self, scope: &str) -> Self {
        self.change_json("client_id", "scope", Some(scope.into()))
    }

    /// Removes the scope from the response for a verification, as LINE responds for some tokens.
    ///
    /// # Panics
    ///
    /// If the reply is no verification.
    #[must_use]
    #[track_caller]
    pub fn without_scope(self) -> Self {
        self.change_json("client_id", "scope", None)
    }

    /// Sets a header of the response.
    ///
    /// # Panics
    ///
    /// If the reply is no response but a failure or a function, and if a header cannot have this value.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match (self.last_response(), HeaderValue::from_str(value)) {
            (Some(response), Ok(value)) => response.headers.insert(name, value),
            (None, _) => misuse("a failure and a function have no headers: set them on a response"),
            (_, Err(_)) => misuse("a header cannot have this value: use visible ASCII"),
        };
        self
    }

    /// The step with this number, counted from 0, or the last one.
    pub(crate) fn step(&self, number: usize) -> Option<&Step> {
        self.steps.get(number).or(self.steps.last())
    }

    fn last_response(&mut self) -> Option<&mut ScriptedResponse> {
        match self.steps.last_mut().map(|step| &mut step.outcome) {
            Some(Outcome::Response(response)) => Some(response),
            _ => None,
        }
    }

    /// Sets or removes a member of a JSON response that has the member `required`.
    #[track_caller]
    fn change_json(mut self, required: &str, name: &str, value: Option<Value>) -> Self {
        match self.last_response().map(|response| &mut response.body) {
            Some(Body::Json(body)) if body.contains_key(required) => match value {
                Some(value) => drop(body.insert(name.to_owned(), value)),
                None => drop(body.remove(name)),
            },
            _ => misuse(&format!("it has no `{required}`, so `{name}` cannot be changed")),
        }
        self
    }
}

#[expect(clippy::panic, reason = "a test that scripts nonsense must fail")]
#[track_caller]
fn misuse(what: &str) -> ! {
    panic!("the mock's reply makes no sense: {what}");
}

impl Step {
    /// The step itself; or, if a function makes its reply, the step of that reply whose turn it is.
    pub(crate) fn resolve(self, request: &ReceivedRequest, turn: usize) -> Self {
        let mut step = self;
        // A function may return the reply of another function. Endless recursion must not hang a test.
        for _ in 0..MAX_NESTED_FUNCTIONS {
            let Outcome::Computed(make) = &step.outcome else { break };
            let Some(made) = make(request).step(turn).cloned() else { break };
            step = Self { delay: step.delay.saturating_add(made.delay), outcome: made.outcome };
        }
        step
    }

    /// Whether the client's deadline passes, which takes as long as the client allows.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self.outcome, Outcome::Failure(TransportErrorKind::Timeout, _))
    }

    /// The response or the failure, as a backend returns it.
    pub(crate) fn into_result(self, request_id: &str) -> Result<Response<Bytes>, TransportError> {
        match self.outcome {
            Outcome::Failure(kind, sent) => Err(TransportError::new(kind, sent).with_detail("scripted by the mock")),
            Outcome::Computed(_) => Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent)
                .with_detail("the functions of a reply return functions without end: return a response or a failure")),
            Outcome::Response(ScriptedResponse { status, headers, body }) => {
                let body = match body {
                    Body::Json(fields) => Bytes::from(Value::Object(fields).to_string()),
                    Body::Raw(bytes) => bytes,
                };
                let mut response = Response::new(body);
                *response.status_mut() = status;
                if let Ok(id) = HeaderValue::from_str(request_id) {
                    response.headers_mut().insert("x-line-request-id", id);
                }
                response.headers_mut().extend(headers);
                Ok(response)
            }
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.steps).finish()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Response(response) => write!(f, "response {}", response.status.as_u16())?,
            Outcome::Failure(kind, sent) => write!(f, "failure {kind:?} (sent: {sent:?})")?,
            Outcome::Computed(_) => f.write_str("computed")?,
        }
        if self.delay.is_zero() { Ok(()) } else { write!(f, " after {:?}", self.delay) }
    }
}
