//! Finds the rule that responds to a request, and records the request.

use bytes::Bytes;
use http::Request;
use line_channel_token_core::{Moment, Sent, TransportError, TransportErrorKind};

use crate::mismatch::Mismatch;
use crate::nearest_rule;
use crate::received_request::ReceivedRequest;
use crate::reply::Step;
use crate::rule::Rule;
use crate::state::SharedState;

/// What the rule that matched responds with.
pub(crate) struct Dispatched {
    pub(crate) step: Step,
    /// How many requests the rule had responded to before.
    pub(crate) turn: usize,
    pub(crate) request: ReceivedRequest,
    /// The number of the request among all of the mock's, counted from 1.
    pub(crate) number: usize,
}

/// Records the request, and takes the turn of the first rule that matches it.
pub(crate) fn dispatch(
    shared: &SharedState,
    request: Request<Bytes>,
    now: Moment,
) -> Result<Dispatched, TransportError> {
    let mut request = ReceivedRequest::new(request, now);
    let rules = shared.lock().rules.clone();
    // The test's own functions run outside of every lock, so that they may use the mock.
    let mut compared: Vec<(Rule, Vec<Mismatch>)> = Vec::with_capacity(rules.len());
    for rule in rules {
        let mismatches = rule.mismatches(&request);
        compared.push((rule, mismatches));
    }
    let mut state = shared.lock();
    state.verified = false;
    for (rule, mismatches) in &mut compared {
        if !mismatches.is_empty() {
            continue;
        }
        // Under the lock, so that two requests never get the same turn.
        if let Some(used_up) = rule.used_up() {
            mismatches.push(used_up);
            continue;
        }
        if let (turn, Some(step)) = rule.take_turn() {
            request.set_matched_rule(rule.name());
            state.requests.push(request.clone());
            return Ok(Dispatched { step, turn, request, number: state.requests.len() });
        }
    }
    let description = nearest_rule::describe(&request, &compared);
    request.set_unmatched(description.clone());
    state.requests.push(request);
    Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent)
        .with_detail(format!("the mock has no response: no rule matched {description}")))
}
