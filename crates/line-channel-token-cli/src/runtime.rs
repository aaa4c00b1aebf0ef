//! The async runtime, for commands that call LINE.

use std::future::Future;

use crate::failure::Failure;

/// Runs a future on a runtime of this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::other(format!("the runtime cannot be started: {error}")))?.block_on(future)
}
