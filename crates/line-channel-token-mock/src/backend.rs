//! The backend that answers what the test scripted.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{
    Client, ClientBuilder, Clock, HttpBackend, Limits, Sent, TransportError, TransportErrorKind,
};

use crate::matchers::Difference;
use crate::reply::Step;
use crate::rule::Rule;
use crate::{ManualClock, Matcher, ReceivedRequest, RuleBuilder, VerificationReport, verification_report};

/// A backend that answers what the test scripted and keeps what it was sent.
///
/// It has no port, no thread and no runtime. A clone is a further handle on the same mock, to give to a client.
///
/// When the handle that [`new`](Self::new) returned is dropped, unmet expectations and unmatched requests fail the
/// test, unless it was verified since the last request and the last new rule, or the test is failing already. Keep that
/// handle in the test and give clones away: a panic of a handle that was moved into a task or a thread does not reach
/// the test.
pub struct MockBackend {
    shared: Arc<Shared>,
    clock: ManualClock,
    /// Only the first handle verifies when it is dropped.
    first: bool,
}

pub(crate) struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    received: Vec<ReceivedRequest>,
    verified: bool,
}

impl Shared {
    pub(crate) fn add(&self, rule: Rule) {
        let mut state = self.state();
        state.verified = false;
        let at = state.rules.partition_point(|other| other.priority() <= rule.priority());
        state.rules.insert(at, rule);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MockBackend {
    /// A mock without rules, whose clock moves by itself when somebody waits.
    #[must_use]
    pub fn new() -> Self {
        Self::from_clock(ManualClock::auto_advancing())
    }

    /// A mock without rules, on this clock.
    #[must_use]
    pub fn from_clock(clock: ManualClock) -> Self {
        Self { shared: Arc::new(Shared(Mutex::default())), clock, first: true }
    }

    /// The clock of the mock, and of its [`client`](Self::client).
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// A client over this mock and its clock, with everything else as usual.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_builder().build()
    }

    /// The same with settings to come. A client made in another way waits on the machine's clock.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder(self.clone()).clock(Arc::new(self.clock.clone()))
    }

    /// Begins a rule for the requests that match; an [`Operation`](line_channel_token_core::Operation) is a matcher.
    pub fn given(&self, matcher: impl Into<Matcher>) -> RuleBuilder {
        RuleBuilder::new(Arc::clone(&self.shared), matcher.into())
    }

    /// All requests so far, in the order in which they came, unmatched ones included.
    #[must_use]
    pub fn received_requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state().received.clone()
    }

    /// Forgets all rules and requests, and so all expectations.
    pub fn reset(&self) {
        *self.shared.state() = State::default();
    }

    /// Whether every expectation was met and every request answered so far.
    ///
    /// # Errors
    ///
    /// The report on what was not.
    pub fn check(&self) -> Result<(), VerificationReport> {
        let mut state = self.shared.state();
        state.verified = true;
        match VerificationReport::on(&state.rules, &state.received) {
            Some(report) => Err(report),
            None => Ok(()),
        }
    }

    /// Fails the test unless every expectation was met and every request answered.
    ///
    /// # Panics
    ///
    /// With the report, where not.
    #[track_caller]
    pub fn verify(&self) {
        if let Err(report) = self.check() {
            fail(&report);
        }
    }

    fn answer(&self, request: Request<Bytes>) -> Result<Turn, TransportError> {
        let mut received = ReceivedRequest::new(request, self.clock.now());
        let rules = self.shared.state().rules.clone();
        // The test's own functions run outside of every lock, so they may use the mock.
        let mut asked: Vec<(Rule, Vec<Difference>)> = Vec::with_capacity(rules.len());
        for rule in rules {
            let differences = rule.differences(&received);
            asked.push((rule, differences));
        }
        let mut state = self.shared.state();
        state.verified = false;
        let mut forbidden = None;
        for (at, (rule, differences)) in asked.iter_mut().enumerate() {
            if !differences.is_empty() {
                continue;
            }
            // Under the lock, so that two requests never get the same turn.
            if let Some(used_up) = rule.used_up() {
                differences.push(used_up);
                continue;
            }
            let (turn, step) = rule.take();
            if rule.forbids() {
                differences.push(Difference::UsedUp("it forbids this request".to_owned()));
                forbidden = Some(at);
                break;
            }
            if let Some(step) = step {
                received.answered_by_rule(rule.name());
                state.received.push(received.clone());
                return Ok(Turn { step, turn, received, nth: state.received.len() });
            }
        }
        let nearest = forbidden.map_or(&asked[..], |at| &asked[at..=at]);
        let text = verification_report::unmatched(&received, nearest);
        received.refused(text.clone());
        state.received.push(received);
        Err(TransportError::new(TransportErrorKind::Other, Sent::No)
            .with_detail(format!("the mock has no answer: no rule answered {text}")))
    }
}

/// The turn of a rule that answers.
struct Turn {
    step: Step,
    turn: usize,
    received: ReceivedRequest,
    nth: usize,
}

#[async_trait]
impl HttpBackend for MockBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let Turn { step, turn, received, nth } = self.answer(request)?;
        let step = step.resolve(&received, turn);
        let wait = if step.is_timeout() { limits.timeout } else { step.delay.min(limits.timeout) };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        if step.delay >= limits.timeout && !step.is_timeout() {
            return Err(TransportError::new(TransportErrorKind::Timeout, Sent::Maybe));
        }
        let response = step.finish(&format!("mock-request-{nth}"))?;
        if response.body().len() > limits.max_body {
            return Err(TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Maybe));
        }
        Ok(response)
    }
}

impl Clone for MockBackend {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), clock: self.clock.clone(), first: false }
    }
}

impl Default for MockBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MockBackend {
    fn drop(&mut self) {
        if !self.first || std::thread::panicking() || self.shared.state().verified {
            return;
        }
        if let Err(report) = self.check() {
            fail(&report);
        }
    }
}

#[expect(clippy::panic, reason = "failing the test is what a mock is for")]
#[track_caller]
fn fail(report: &VerificationReport) -> ! {
    panic!("the mock's expectations were not met\n{report}");
}

impl fmt::Debug for MockBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("MockBackend")
            .field("rules", &state.rules)
            .field("received", &state.received)
            .field("clock", &self.clock)
            .finish()
    }
}
