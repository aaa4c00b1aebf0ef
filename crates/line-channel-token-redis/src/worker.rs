//! The thread that talks to Redis. A connection is driven by the runtime that opened it, and those of callers come and go, or are none of
//! Tokio's: so a store has a small one of its own, on a thread that ends with the store.

use std::sync::{Arc, Mutex, PoisonError};

use line_channel_token_cache::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::call::ScriptCall;
use crate::connection::{Connection, Outcome};
use crate::errors::unavailable;
use crate::settings::Settings;

/// The thread, once it is needed.
pub(crate) struct Worker {
    settings: Arc<Settings>,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    jobs: mpsc::UnboundedSender<Job>,
    /// A child of a fork has no thread but the one that forked.
    process: u32,
}

struct Job {
    call: ScriptCall,
    result: oneshot::Sender<Result<Outcome, StoreError>>,
}

impl Worker {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), thread: Mutex::default() }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs a call; on any executor. If the caller gives up, the call goes on to its end.
    pub(crate) async fn run(&self, call: ScriptCall) -> Result<Outcome, StoreError> {
        let (result, received) = oneshot::channel();
        self.submit(Job { call, result }, std::process::id())?;
        received.await.unwrap_or_else(|_| Err(unavailable("the thread of the store that talks to Redis has ended")))
    }

    fn submit(&self, job: Job, process: u32) -> Result<(), StoreError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match thread.as_ref().filter(|thread| thread.process == process) {
            Some(thread) => match thread.jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::SendError(job)) => job,
            },
            None => job,
        };
        let jobs = start(Arc::clone(&self.settings))?;
        let is_running = jobs.send(job).is_ok();
        if let Some(old) = thread.replace(Thread { jobs, process })
            && old.process != process
        {
            // Nothing of the parent's thread is touched, also not to tell it that this is over.
            std::mem::forget(old);
        }
        if is_running { Ok(()) } else { Err(unavailable("the thread of the store that talks to Redis has ended")) }
    }
}

fn start(settings: Arc<Settings>) -> Result<mpsc::UnboundedSender<Job>, StoreError> {
    let cannot_start =
        |_| unavailable("no thread can be started to talk to Redis: the limit of threads or of files is reached");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
    let (jobs, mut received) = mpsc::unbounded_channel::<Job>();
    let run = async move {
        let connection = Arc::new(Connection::new(settings));
        while let Some(Job { call, result }) = received.recv().await {
            let connection = Arc::clone(&connection);
            tokio::spawn(async move { drop(result.send(connection.run(&call).await)) });
        }
    };
    let thread = std::thread::Builder::new().name("line-token-redis".to_owned());
    thread.spawn(move || runtime.block_on(run)).map_err(cannot_start)?;
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::{Job, Worker};
    use crate::RedisStore;
    use crate::call::ScriptCall;
    use crate::scripts::LOAD;

    /// The job is sent, and its result is nobody's business.
    fn submit(worker: &Worker, process: u32) {
        let call = ScriptCall { script: &LOAD, keys: vec!["key".to_owned()], arguments: Vec::new() };
        worker.submit(Job { call, result: oneshot::channel().0 }, process).unwrap();
    }

    fn is_same(worker: &Worker, before: &tokio::sync::mpsc::UnboundedSender<Job>) -> bool {
        worker.thread.lock().unwrap().as_ref().is_some_and(|thread| thread.jobs.same_channel(before))
    }

    #[test]
    fn a_child_of_a_fork_has_a_thread_of_its_own() {
        let worker = Worker::new(RedisStore::new("redis://127.0.0.1:1").unwrap().settings().clone());
        submit(&worker, 1);
        let of_parent = worker.thread.lock().unwrap().as_ref().unwrap().jobs.clone();
        submit(&worker, 1);
        assert!(is_same(&worker, &of_parent));
        submit(&worker, 2);
        assert!(!is_same(&worker, &of_parent));
        assert!(!of_parent.is_closed(), "the parent's is left as it is");
    }
}
