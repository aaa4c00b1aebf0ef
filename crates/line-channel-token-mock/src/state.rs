//! What all handles on one mock share: its rules, and the requests that it has received.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::received_request::ReceivedRequest;
use crate::rule::Rule;

#[derive(Default)]
pub(crate) struct SharedState(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    /// In the order in which they are compared with a request: by priority, then by age.
    pub(crate) rules: Vec<Rule>,
    pub(crate) requests: Vec<ReceivedRequest>,
    /// Whether the mock was verified since the last request and the last new rule.
    pub(crate) verified: bool,
}

impl SharedState {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_rule(&self, rule: Rule) {
        let mut state = self.lock();
        state.verified = false;
        let position = state.rules.partition_point(|other| other.priority() <= rule.priority());
        state.rules.insert(position, rule);
    }
}
