//! What the worker writes.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fleet_tests::{Counts, Line};

/// The worker's output, and the counts of what happened. A clone writes to the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    counts: Arc<Mutex<Counts>>,
    calls: Arc<AtomicUsize>,
}

/// A call of a store or of the server, until it is dropped.
pub(crate) struct Busy(Arc<AtomicUsize>);

impl Output {
    /// Writes a line. If nobody reads it, the worker is about to end.
    pub(crate) fn write(&self, line: &Line) {
        let _counts = self.lock();
        if let Ok(text) = serde_json::to_string(line) {
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "{text}");
            let _ = stdout.flush();
        }
    }

    /// Notes that a call is under way.
    pub(crate) fn busy(&self) -> Busy {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.calls))
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }

    /// Counts something that the test asks for later.
    pub(crate) fn count(&self, name: &str) {
        *self.lock().entry(name.to_owned()).or_default() += 1;
    }

    /// Counts an event, and writes it.
    pub(crate) fn event(&self, name: &str, text: String) {
        self.count(name);
        self.write(&Line::Event(name.to_owned(), text));
    }

    /// What was counted so far.
    pub(crate) fn counts(&self) -> Counts {
        BTreeMap::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
