//! What a rule answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use serde_json::{Map, Value};

use crate::ReceivedRequest;

/// What a rule answers: one answer or failure, or several in turn.
///
/// The constructors are named after what they stand for. [`then`](Self::then) puts another behind this one, and the
/// last one answers for ever. Everything else changes the last one.
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
    Answer(Answer),
    Failure(TransportErrorKind, Sent),
    Computed(Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>),
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Json(Map<String, Value>),
    Raw(Bytes),
}

impl Reply {
    fn of(outcome: Outcome) -> Self {
        Self { steps: vec![Step { delay: Duration::ZERO, outcome }] }
    }

    pub(crate) fn json<const N: usize>(status: StatusCode, fields: [(&str, Value); N]) -> Self {
        let body = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self::of(Outcome::Answer(Answer { status, headers, body: Body::Json(body) }))
    }

    /// An answer with this status and body, and no header but the request id.
    #[must_use]
    pub fn raw(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::of(Outcome::Answer(Answer { status, headers: HeaderMap::new(), body: Body::Raw(body.into()) }))
    }

    /// No answer, but this failure.
    #[must_use]
    pub fn failure(kind: TransportErrorKind, sent: Sent) -> Self {
        Self::of(Outcome::Failure(kind, sent))
    }

    /// The reply that a function makes of each request. Where that has several in turn, the rule's turns are theirs.
    #[must_use]
    pub fn from_fn(reply: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::of(Outcome::Computed(Arc::new(reply)))
    }

    /// First this, then that.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.steps.extend(next.steps);
        self
    }

    /// The same after this much time on the mock's clock. Past the client's deadline it becomes a timeout.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        let mut reply = self;
        if let Some(step) = reply.steps.last_mut() {
            step.delay = delay;
        }
        reply
    }

    /// The same token or verification with this life, in whole seconds.
    ///
    /// # Panics
    ///
    /// Where the reply is neither.
    #[must_use]
    #[track_caller]
    pub fn expires_in(self, life: Duration) -> Self {
        self.change_json("expires_in", "expires_in", Some(life.as_secs().into()))
    }

    /// The same verification with this scope, its permissions separated by spaces.
    ///
    /// # Panics
    ///
    /// Where the reply is no verification.
    #[must_use]
    #[track_caller]
    pub fn scope(self, scope: &str) -> Self {
        self.change_json("client_id", "scope", Some(scope.into()))
    }

    /// The same verification without a scope, as LINE answers for some tokens.
    ///
    /// # Panics
    ///
    /// Where the reply is no verification.
    #[must_use]
    #[track_caller]
    pub fn without_scope(self) -> Self {
        self.change_json("client_id", "scope", None)
    }

    /// The same answer with this header.
    ///
    /// # Panics
    ///
    /// Where the reply is no answer but a failure or a function, and where the value is none that a header may have.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match (self.last_answer(), HeaderValue::from_str(value)) {
            (Some(answer), Ok(value)) => answer.headers.insert(name, value),
            (None, _) => misuse("a failure and a function have no headers"),
            (_, Err(_)) => misuse("a header cannot have this value"),
        };
        self
    }

    /// The `nth` step, or the last one.
    pub(crate) fn step(&self, nth: usize) -> Option<&Step> {
        self.steps.get(nth).or(self.steps.last())
    }

    fn last_answer(&mut self) -> Option<&mut Answer> {
        match self.steps.last_mut().map(|step| &mut step.outcome) {
            Some(Outcome::Answer(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Changes a field of a JSON answer that has the field `known`.
    #[track_caller]
    fn change_json(mut self, known: &str, name: &str, value: Option<Value>) -> Self {
        match self.last_answer().map(|answer| &mut answer.body) {
            Some(Body::Json(body)) if body.contains_key(known) => match value {
                Some(value) => drop(body.insert(name.to_owned(), value)),
                None => drop(body.remove(name)),
            },
            _ => misuse("this reply has no such field"),
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
    /// The step itself, or the one whose turn it is of the reply that its function makes.
    pub(crate) fn resolve(self, received: &ReceivedRequest, turn: usize) -> Self {
        let mut step = self;
        // A function may return a function's reply; eight deep is a mistake that must not hang a test.
        for _ in 0..8 {
            let Outcome::Computed(make) = &step.outcome else { break };
            let Some(made) = make(received).step(turn).cloned() else { break };
            step = Self { delay: step.delay.saturating_add(made.delay), outcome: made.outcome };
        }
        step
    }

    /// Whether it is the deadline that passes, which takes as long as the client allows.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self.outcome, Outcome::Failure(TransportErrorKind::Timeout, _))
    }

    /// The answer or the failure, as a backend gives it.
    pub(crate) fn finish(self, request_id: &str) -> Result<Response<Bytes>, TransportError> {
        match self.outcome {
            Outcome::Failure(kind, sent) => Err(TransportError::new(kind, sent).with_detail("scripted by the mock")),
            Outcome::Computed(_) => Err(TransportError::new(TransportErrorKind::Other, Sent::No)
                .with_detail("a reply's function returned functions without end")),
            Outcome::Answer(Answer { status, headers, body }) => {
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
            Outcome::Answer(answer) => write!(f, "answer {}", answer.status.as_u16())?,
            Outcome::Failure(kind, sent) => write!(f, "failure {kind:?} (sent: {sent:?})")?,
            Outcome::Computed(_) => f.write_str("computed")?,
        }
        if self.delay.is_zero() { Ok(()) } else { write!(f, " after {:?}", self.delay) }
    }
}
