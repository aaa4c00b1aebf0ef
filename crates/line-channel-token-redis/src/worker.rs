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
