//! What happened, in order: a hash of all of it, and the last events in words.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::executor::Process;

/// How many events a report shows.
const SHOWN: usize = 120;

/// One thing that happened.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Happened {
    /// A fault begins or ends.
    Fault(String),
    /// A process was started on this node.
    Started {
        node: u32,
        process: Process,
    },
    Killed(Process),
    Paused(Process),
    Resumed(Process),
    /// A cache asks its source.
    Asks {
        process: Process,
        reason: &'static str,
        replaces: Option<u64>,
    },
    /// The source has returned this.
    Returned {
        process: Process,
        outcome: &'static str,
        token: Option<u64>,
    },
    /// The source returned an error, or was given up.
    Failed {
        process: Process,
        error: String,
    },
    /// A caller got this token, or none; told if it is another than before.
    Serves {
        process: Process,
        token: Option<u64>,
    },
    /// A server refused a token that a caller had got.
    Refused {
        process: Process,
        token: u64,
    },
    Loaded {
        process: Process,
        token: Option<u64>,
    },
    /// A value was replaced, by one with this token and this holder of a lease.
    Stored {
        process: Process,
        token: Option<u64>,
        holder: Option<Process>,
    },
    /// Another value was there than the expected one.
    Changed {
        process: Process,
    },
    StoreFailed {
        process: Process,
        why: &'static str,
    },
    Issued {
        process: Process,
        token: u64,
        live: usize,
    },
    IssueFailed {
        process: Process,
        why: &'static str,
    },
    Revoked {
        process: Process,
        token: u64,
    },
    Event {
        process: Process,
        event: &'static str,
    },
}

/// The trace of one simulation.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: Fnv,
    last: VecDeque<(Duration, Happened)>,
}

impl Trace {
    pub(crate) fn add(&mut self, at: Duration, happened: Happened) {
        at.hash(&mut self.hash);
        happened.hash(&mut self.hash);
        if self.last.len() == SHOWN {
            self.last.pop_front();
        }
        self.last.push_back((at, happened));
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.finish()
    }

    pub(crate) fn last_events(&self) -> String {
        self.last.iter().fold(String::new(), |mut text, (at, happened)| {
            let _ = writeln!(text, "{:>14.6} s  {happened:?}", at.as_secs_f64());
            text
        })
    }
}

/// FNV-1a, which is the same at each run.
#[derive(Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
