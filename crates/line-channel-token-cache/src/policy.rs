//! What a source demands of its cache.

use std::time::Duration;

use crate::{IssueBudget, TokenSource};

/// Read once from a source, which is the code of others and must not run under a lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) least_interval: Duration,
    pub(crate) budget: Option<IssueBudget>,
    pub(crate) revokes_after: Option<Duration>,
}

impl Policy {
    pub(crate) fn of(source: &dyn TokenSource) -> Self {
        Self { least_interval: source.least_interval(), budget: source.budget(), revokes_after: source.revokes_after() }
    }
}
