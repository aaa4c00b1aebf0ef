//! What came of a run, and when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::line::Counts;
use crate::workers::Totals;

/// A run, from the moment at which all workers began.
#[derive(Clone, Default)]
pub(crate) struct History {
    /// Whether the workers had a store.
    pub(crate) is_shared: bool,
    pub(crate) workers: usize,
    /// How long a token lives, and how long the run was, on a wall.
    pub(crate) life: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) served: usize,
    pub(crate) live: usize,
    /// When each token was issued, since the beginning.
    pub(crate) issues: Vec<Duration>,
    pub(crate) line: Counts,
    pub(crate) totals: Totals,
    pub(crate) samples: Vec<Sample>,
    /// How often the store was called, if it counts.
    pub(crate) round_trips: Option<u64>,
}

#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) live: usize,
    pub(crate) served: usize,
}

impl History {
    /// How many lives of a token that is.
    pub(crate) fn lives(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.life.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub(crate) fn json(&self) -> Value {
        let samples: Vec<Value> = (self.samples.iter())
            .map(|sample| json!({"life": self.lives(sample.at), "live": sample.live, "served": sample.served}))
            .collect();
        json!({
            "shared": self.is_shared,
            "workers": self.workers,
            "lives": self.lives(self.elapsed),
            "served": self.served,
            "issues": self.issues.len(),
            "issued_at_life": self.issues.iter().map(|at| self.lives(*at)).collect::<Vec<_>>(),
            "refused_issues": self.line.refused_issues,
            "most_live": self.line.most_live,
            "messages": self.line.messages,
            "dead_messages": self.line.dead_messages,
            "revocations": self.line.revocations,
            "errors": self.totals.errors,
            "replaced": self.totals.replaced,
            "store_events": self.totals.store_events,
            "store_round_trips": self.round_trips,
            "samples": samples,
        })
    }
}
