//! Whether a connection is new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Comes with each response of a connection that was opened while somebody listened to spans.
#[derive(Clone, Default)]
pub(crate) struct ConnectionUse(Arc<AtomicBool>);

impl ConnectionUse {
    /// Whether it was used before, and from now on it was.
    pub(crate) fn was_used(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }
}
