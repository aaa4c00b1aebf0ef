//! The backend that responds as the test scripted it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_core::{
    Client, ClientBuilder, Clock, HttpBackend, Limits, Sent, TransportError, TransportErrorKind,
};

use crate::dispatch::{Dispatched, dispatch};
use crate::manual_clock::ManualClock;
use crate::matcher::Matcher;
use crate::received_request::ReceivedRequest;
use crate::rule_builder::RuleBuilder;
use crate::state::{SharedState, State};
use crate::verification_report::VerificationReport;

/// A backend that responds as the test scripted it, and records the requests.
///
/// It has no port, no thread and no runtime. A clone is a further handle on the same mock, to give to a client.
///
/// When the handle that [`new`](Self::new) or [`from_clock`](Self::from_clock) returned is dropped, unmet expectations and unmatched
/// requests fail the test, unless it was verified since the last request and the last new rule, or the test is failing already. Keep
/// that handle in the test and give clones away: a panic of a handle that was moved into a task or a thread does not reach the test.
///
/// ```
/// use futures_executor::block_on;
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// let line = MockBackend::new();
/// line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("the-token"));
///
/// let id = ChannelId::new("1234567890").unwrap();
/// let secret = ChannelSecret::new("s3cret").unwrap();
/// let token = block_on(line.client().issue_stateless(&id, &secret)).unwrap();
/// assert_eq!(token.access_token().expose_secret(), "the-token");
/// line.verify();
/// ```
pub struct MockBackend {
    state: Arc<SharedState>,
    clock: ManualClock,
    /// Only the first handle verifies when it is dropped.
    is_first: bool,
}

impl MockBackend {
    /// A mock without rules, whose clock is [auto-advancing](ManualClock::auto_advancing).
    #[must_use]
    pub fn new() -> Self {
        Self::from_clock(ManualClock::auto_advancing())
    }

    /// A mock without rules that takes the time from this clock, and so does its [`client`](Self::client).
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{AccessToken, Clock, Operation};
    /// use line_channel_token_mock::{ManualClock, MockBackend, Reply};
    ///
    /// let clock = ManualClock::new(); // stands still until it is moved
    /// let line = MockBackend::from_clock(clock.clone());
    /// line.given(Operation::Revoke).respond(Reply::revoked());
    ///
    /// clock.advance(Duration::from_secs(60));
    /// block_on(line.client().revoke(&AccessToken::new("the-token").unwrap())).unwrap();
    /// assert_eq!(line.received_requests()[0].received_at(), clock.now());
    /// ```
    #[must_use]
    pub fn from_clock(clock: ManualClock) -> Self {
        Self { state: Arc::default(), clock, is_first: true }
    }

    /// The clock of the mock, and of its [`client`](Self::client).
    ///
    /// A token source that is built with [`client`](Self::client) passes it on to its cache and its signer. For whatever else must
    /// agree on the time there is `line.client().clock()`.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// A client over this mock that also takes the time from the mock's [`clock`](Self::clock), so that its retries and the lifetimes of
    /// its tokens follow it. Everything else is as usual.
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{ChannelId, ChannelSecret, Clock, Operation};
    /// use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// let line = MockBackend::new();
    /// line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
    /// let id = ChannelId::new("1234567890").unwrap();
    /// let secret = ChannelSecret::new("s3cret").unwrap();
    ///
    /// let token = block_on(line.client().issue_stateless(&id, &secret)).unwrap();
    /// line.clock().advance(Duration::from_secs(600));
    /// assert_eq!(token.remaining(line.clock().now()), Duration::from_secs(300));
    /// ```
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_builder().build()
    }

    /// The builder of [`client`](Self::client), with the mock and its clock already set.
    ///
    /// A client that is built without it, as by `Client::new(line.clone())`, takes the time from the machine's clock.
    ///
    /// ```
    /// use line_channel_token_core::RetryPolicy;
    /// use line_channel_token_mock::MockBackend;
    ///
    /// let line = MockBackend::new();
    /// let client = line.client_builder().retry(RetryPolicy::never()).build();
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder(self.clone()).clock(Arc::new(self.clock.clone()))
    }

    /// Begins a rule for the requests that match. An [`Operation`](line_channel_token_core::Operation) is a matcher.
    pub fn given(&self, matcher: impl Into<Matcher>) -> RuleBuilder {
        RuleBuilder::new(Arc::clone(&self.state), matcher.into())
    }

    /// All requests so far, in the order in which they came, unmatched ones included.
    #[must_use]
    pub fn received_requests(&self) -> Vec<ReceivedRequest> {
        self.state.lock().requests.clone()
    }

    /// Removes all rules with their expectations, and forgets all requests.
    pub fn reset(&self) {
        *self.state.lock() = State::default();
    }

    /// Fails the test unless every expectation was met and every request matched a rule so far.
    ///
    /// # Panics
    ///
    /// With the report, if one was not met or did not match.
    #[track_caller]
    pub fn verify(&self) {
        if let Err(report) = self.try_verify() {
            fail(&report);
        }
    }

    /// Like [`verify`](Self::verify), but returns the report instead of failing the test.
    ///
    /// # Errors
    ///
    /// The report on the expectations that were not met and the requests that no rule matched.
    pub fn try_verify(&self) -> Result<(), VerificationReport> {
        let mut state = self.state.lock();
        state.verified = true;
        match VerificationReport::of(&state.rules, &state.requests) {
            Some(report) => Err(report),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl HttpBackend for MockBackend {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let Dispatched { step, turn, request, number } = dispatch(&self.state, request, self.clock.now())?;
        let step = step.resolve(&request, turn);
        let delay = if step.is_timeout() { limits.timeout } else { step.delay.min(limits.timeout) };
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
        if step.delay >= limits.timeout && !step.is_timeout() {
            return Err(TransportError::new(TransportErrorKind::Timeout, Sent::Unknown));
        }
        let response = step.into_result(&format!("mock-request-{number}"))?;
        if response.body().len() > limits.max_body {
            return Err(TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Unknown));
        }
        Ok(response)
    }
}

impl Clone for MockBackend {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), clock: self.clock.clone(), is_first: false }
    }
}

impl Default for MockBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MockBackend {
    fn drop(&mut self) {
        if !self.is_first || std::thread::panicking() || self.state.lock().verified {
            return;
        }
        if let Err(report) = self.try_verify() {
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
        let state = self.state.lock();
        f.debug_struct("MockBackend")
            .field("rules", &state.rules)
            .field("received_requests", &state.requests)
            .field("clock", &self.clock)
            .finish()
    }
}
