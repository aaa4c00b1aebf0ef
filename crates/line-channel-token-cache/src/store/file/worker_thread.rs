//! Work that may block: on a thread for it, if there is a runtime that has some.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::Handle;

use super::super::store_error::{StoreError, StoreErrorKind};

/// Does this work on a blocking thread of the runtime, or at once outside of one. In a runtime it is finished even if nobody waits for it any more.
pub(super) async fn on_worker_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let Ok(runtime) = Handle::try_current() else { return work() };
    // Tokio panics if the operating system refuses to start its first thread.
    let Ok(task) = catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(work))) else {
        return Err(StoreError::new(
            StoreErrorKind::Unavailable,
            "the operating system starts no thread to read and write files on: raise its limit (`ulimit -u`) or that of the container",
        ));
    };
    task.await.unwrap_or_else(|_| {
        Err(StoreError::new(
            StoreErrorKind::Unavailable,
            "the Tokio runtime has ended before the token store was read or written: call it in one that goes on",
        ))
    })
}
