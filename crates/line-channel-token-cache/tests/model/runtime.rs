//! The crate's tasks, by shuttle.

use std::future::Future;

use line_channel_token_core::Error;
use shuttle::future::JoinHandle;

#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Result<Task, Error> {
    Ok(Task(shuttle::future::spawn(future)))
}

pub(crate) fn check() -> Result<(), Error> {
    Ok(())
}
