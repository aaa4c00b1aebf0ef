//! What the cache needs of Tokio.

use std::future::Future;

use line_channel_token_core::Error;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// A task that ends with this value.
#[derive(Debug)]
pub(crate) struct Task(AbortHandle);

impl Task {
    /// Whether it has ended, or its runtime has.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether a task can be begun here.
pub(crate) fn check() -> Result<(), Error> {
    Handle::try_current().map(drop).map_err(|_| outside())
}

/// Runs `future` as a task of the runtime that the caller runs in.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Result<Task, Error> {
    let runtime = Handle::try_current().map_err(|_| outside())?;
    Ok(Task(runtime.spawn(future).abort_handle()))
}

fn outside() -> Error {
    Error::token_unavailable("the token cache needs a Tokio runtime, and the call runs outside of one")
}
