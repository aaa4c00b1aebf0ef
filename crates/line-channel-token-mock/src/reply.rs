//! What a rule answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use line_channel_token_core::{Sent, TransportError, TransportErrorKind};
use serde_json::{Map, Value};

use crate::Received;

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
    Computed(Arc<dyn Fn(&Received) -> Reply + Send + Sync>),
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

    /// The reply that a function makes of the request.
    #[must_use]
    pub fn with(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
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
        self.change(|step| step.delay = delay)
    }

    /// The same token or verification with this life, in whole seconds. Nothing else has one.
    #[must_use]
    pub fn expires_in(self, life: Duration) -> Self {
        self.change_field("expires_in", life.as_secs().into())
    }

    /// The same verification with this scope, its permissions separated by spaces. Nothing else has one.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.change_field("scope", scope.into())
    }

    /// The same with this header. An invalid value leaves it out.
    #[must_use]
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        self.change_answer(|answer| {
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.headers.insert(name, value);
            }
        })
    }

    /// The `nth` step, or the last one.
    pub(crate) fn step(&self, nth: usize) -> Option<&Step> {
        self.steps.get(nth).or(self.steps.last())
    }

    fn change(mut self, change: impl FnOnce(&mut Step)) -> Self {
        if let Some(step) = self.steps.last_mut() {
            change(step);
        }
        self
    }

    fn change_answer(self, change: impl FnOnce(&mut Answer)) -> Self {
        self.change(|step| {
            if let Outcome::Answer(answer) = &mut step.outcome {
                change(answer);
            }
        })
    }

    fn change_field(self, name: &str, value: Value) -> Self {
        self.change_answer(|answer| {
            if let Body::Json(body) = &mut answer.body
                && answer.status.is_success()
                && body.contains_key("expires_in")
            {
                body.insert(name.to_owned(), value);
            }
        })
    }
}

impl Step {
    /// The step itself, or the first one of the reply that its function makes.
    pub(crate) fn resolve(self, received: &Received) -> Self {
        let mut step = self;
        // A function may return a function's reply; eight deep is a mistake that must not hang a test.
        for _ in 0..8 {
            let Outcome::Computed(make) = &step.outcome else { break };
            let Some(made) = make(received).steps.into_iter().next() else { break };
            step = Self { delay: step.delay.saturating_add(made.delay), outcome: made.outcome };
        }
        step
    }

    /// The answer or the failure, as a backend gives it.
    pub(crate) fn finish(self, request_id: &str) -> Result<Response<Bytes>, TransportError> {
        match self.outcome {
            Outcome::Failure(kind, sent) => Err(TransportError::new(kind, sent).with_source("scripted by the mock")),
            Outcome::Computed(_) => Err(TransportError::new(TransportErrorKind::Other, Sent::No)
                .with_source("a reply's function returned functions without end")),
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
