//! The locks and tasks of this crate. Under `cfg(shuttle)` they are shuttle's, which runs many orders of events.

use std::future::Future;

use line_channel_token_core::Error;

#[cfg(shuttle)]
pub(crate) use self::model::{MutexGuard, Runtime, TaskHandle};
#[cfg(not(shuttle))]
pub(crate) use self::real::{MutexGuard, Runtime, TaskHandle};

#[cfg(shuttle)]
use shuttle::sync::Mutex as Inner;
#[cfg(not(shuttle))]
use std::sync::Mutex as Inner;

/// A lock that ignores poison: no code of others runs while it is held.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(Inner<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A task that is aborted when this value is dropped.
#[derive(Debug)]
pub(crate) struct Task(TaskHandle);

impl Task {
    /// Whether it has ended, or its runtime has.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `future` as a task of the current runtime. Not under a lock: a runtime that has been shut down drops it at once.
///
/// # Errors
///
/// Outside of a Tokio runtime.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Result<Task, Error> {
    Ok(Runtime::current()?.spawn(future))
}

#[cfg(not(shuttle))]
mod real {
    use std::future::Future;

    use line_channel_token_core::Error;
    pub(crate) use std::sync::MutexGuard;
    use tokio::runtime::Handle;
    pub(crate) use tokio::task::AbortHandle as TaskHandle;

    use super::Task;

    /// The Tokio runtime that the caller runs in.
    pub(crate) struct Runtime(Handle);

    impl Runtime {
        /// # Errors
        ///
        /// Outside of a Tokio runtime.
        pub(crate) fn current() -> Result<Self, Error> {
            Handle::try_current().map(Self).map_err(|_| {
                Error::token_unavailable("the token cache needs a Tokio runtime, and this call runs outside of one")
            })
        }

        pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Task {
            Task(self.0.spawn(future).abort_handle())
        }
    }
}

#[cfg(shuttle)]
mod model {
    use std::future::Future;

    use line_channel_token_core::Error;
    pub(crate) use shuttle::sync::MutexGuard;

    use super::Task;

    pub(crate) type TaskHandle = shuttle::future::JoinHandle<()>;

    pub(crate) struct Runtime;

    impl Runtime {
        pub(crate) fn current() -> Result<Self, Error> {
            Ok(Self)
        }

        pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Task {
            Task(shuttle::future::spawn(future))
        }
    }
}
