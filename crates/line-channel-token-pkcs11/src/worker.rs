//! Threads that call a C library which blocks, with a bounded queue before them and a deadline for each caller.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;
use line_channel_token_core::{Clock, Error};

/// How long the last owner waits for threads to close their sessions.
const CLOSING: Duration = Duration::from_secs(2);

/// Threads that share a queue. Each has a state of its own, which it makes when it starts, and again after a panic.
///
/// The threads start with the first calls, and end when this is dropped, which waits for those that are not in a call: what they let go
/// of calls the library too, and must not do so while the process exits and the library cleans up. A process that was forked has none
/// of its parent's threads, and starts its own.
pub(crate) struct Workers<S> {
    settings: Settings<S>,
    first: OnceLock<Generation<S>>,
    process_id: fn() -> u32,
}

/// How many threads there are, how many calls may wait, and what each thread works on.
pub(crate) struct Settings<S> {
    pub(crate) threads: usize,
    pub(crate) queue: usize,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) new_state: Arc<dyn Fn() -> S + Send + Sync>,
}

/// The threads of one process. A fork copies locks as they are, held or not: so a child leaves those of its parent alone.
struct Generation<S> {
    process: u32,
    queue: Arc<Queue<S>>,
    /// That of a child that was forked from this process.
    next: OnceLock<Box<Generation<S>>>,
}

struct Queue<S> {
    waiting: Mutex<Waiting<S>>,
    changed: Condvar,
}

struct Waiting<S> {
    calls: VecDeque<Box<dyn Call<S>>>,
    threads: usize,
    /// How many of the threads wait for a call, and how many make one.
    idle: usize,
    busy: usize,
    closed: bool,
}

trait Call<S>: Send {
    /// Whether nobody waits for the result any more.
    fn is_abandoned(&self) -> bool;
    /// Makes the call.
    fn make(self: Box<Self>, state: &mut S) -> Made;
}

/// What is left to do after a call.
struct Made {
    panicked: bool,
    /// Gives the caller the result.
    reply: Box<dyn FnOnce()>,
}

struct Work<F, T> {
    work: F,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<S, F, T> Call<S> for Work<F, T>
where
    F: FnOnce(&mut S) -> Result<T, Error> + Send,
    T: Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_canceled()
    }

    fn make(self: Box<Self>, state: &mut S) -> Made {
        let Self { work, reply } = *self;
        let made = panic::catch_unwind(AssertUnwindSafe(|| work(state)));
        let panicked = made.is_err();
        let result = made.unwrap_or_else(|_| {
            Err(Error::signing("the call of the PKCS#11 module panicked: this is a bug in it or in us"))
        });
        // Nobody may wait any more.
        Made { panicked, reply: Box::new(move || drop(reply.send(result))) }
    }
}

impl<S: 'static> Workers<S> {
    pub(crate) fn new(settings: Settings<S>) -> Self {
        Self { settings, first: OnceLock::new(), process_id: std::process::id }
    }

    /// Makes a call on one of the threads, and waits until it is done or `timeout` has passed.
    ///
    /// A caller that is cancelled, or whose time is over, gives its place in the queue up; a call that has begun goes on.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce(&mut S) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, mut response) = oneshot::channel();
        self.submit(Box::new(Work { work, reply }))?;
        let clock = &self.settings.clock;
        let end = clock.now().monotonic.saturating_add(timeout);
        let mut sleep = clock.sleep(timeout);
        let mut slept = false;
        poll_fn(|context| {
            if let Poll::Ready(response) = Pin::new(&mut response).poll(context) {
                return Poll::Ready(response.unwrap_or_else(|_| Err(ended())));
            }
            if !slept && sleep.as_mut().poll(context).is_ready() {
                slept = true;
                // A clock without a timer ends its delays at once: then nothing ends the wait but the response.
                if clock.now().monotonic >= end {
                    return Poll::Ready(Err(timed_out(timeout)));
                }
            }
            Poll::Pending
        })
        .await
    }

    fn submit(&self, call: Box<dyn Call<S>>) -> Result<(), Error> {
        let generation = self.generation();
        let queue = &generation.queue;
        let mut waiting = queue.waiting();
        if waiting.calls.len() >= self.settings.queue {
            waiting.calls.retain(|call| !call.is_abandoned());
        }
        if waiting.calls.len() >= self.settings.queue {
            return Err(Error::transient(format!(
                "{} signatures wait for the PKCS#11 token already, which is as many as may: it is slower than it is asked to sign",
                self.settings.queue
            )));
        }
        if waiting.idle <= waiting.calls.len() && waiting.threads < self.settings.threads {
            match self.start_thread(queue) {
                Ok(()) => waiting.threads += 1,
                Err(_) if waiting.threads > 0 => {}
                Err(_) => {
                    return Err(Error::transient("the thread that calls the PKCS#11 module cannot be started"));
                }
            }
        }
        waiting.calls.push_back(call);
        drop(waiting);
        queue.changed.notify_one();
        Ok(())
    }

    fn start_thread(&self, queue: &Arc<Queue<S>>) -> io::Result<()> {
        let queue = Arc::clone(queue);
        let new_state = Arc::clone(&self.settings.new_state);
        // Linux shows 15 bytes of a thread's name.
        thread::Builder::new()
            .name("line-pkcs11".to_owned())
            .spawn(move || {
                queue.serve(&*new_state);
                drop(new_state);
                queue.thread_ended();
            })
            .map(drop)
    }

    fn generation(&self) -> &Generation<S> {
        let process = (self.process_id)();
        let mut generation = self.first.get_or_init(|| Generation::new(process));
        while let Some(next) = generation.next.get() {
            generation = next;
        }
        if generation.process == process {
            return generation;
        }
        generation.next.get_or_init(|| Box::new(Generation::new(process)))
    }
}

impl<S> Drop for Workers<S> {
    fn drop(&mut self) {
        let process = (self.process_id)();
        let mut generation = self.first.get();
        while let Some(each) = generation {
            // The lock of a parent process may have been held when this one was forked.
            if each.process == process {
                each.queue.close();
            }
            generation = each.next.get().map(|next| &**next);
        }
    }
}

impl<S> Generation<S> {
    fn new(process: u32) -> Self {
        let waiting = Waiting { calls: VecDeque::new(), threads: 0, idle: 0, busy: 0, closed: false };
        let queue = Arc::new(Queue { waiting: Mutex::new(waiting), changed: Condvar::new() });
        Self { process, queue, next: OnceLock::new() }
    }
}

impl<S> Queue<S> {
    /// What a thread does until the queue is closed.
    fn serve(&self, new_state: &dyn Fn() -> S) {
        let mut state = new_state();
        while let Some(call) = self.next() {
            let made = call.make(&mut state);
            // First, because the caller may drop the last owner at once, which waits for threads that are not busy.
            self.waiting().busy -= 1;
            (made.reply)();
            if made.panicked {
                // What a panic left behind is not used again; dropping it calls the module, too.
                let broken = std::mem::replace(&mut state, new_state());
                let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(broken)));
            }
        }
    }

    /// The next call that somebody waits for. `None` if the queue is closed.
    fn next(&self) -> Option<Box<dyn Call<S>>> {
        let mut waiting = self.waiting();
        loop {
            if waiting.closed {
                return None;
            }
            while let Some(call) = waiting.calls.pop_front() {
                if !call.is_abandoned() {
                    waiting.busy += 1;
                    return Some(call);
                }
            }
            waiting.idle += 1;
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.idle -= 1;
        }
    }

    fn close(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        let calls = std::mem::take(&mut waiting.calls);
        self.changed.notify_all();
        let is_ending = |waiting: &mut Waiting<S>| waiting.threads > waiting.busy;
        // A session that does not close holds nobody up for long.
        let ended = self.changed.wait_timeout_while(waiting, CLOSING, is_ending);
        drop(ended.unwrap_or_else(PoisonError::into_inner));
        drop(calls);
    }

    fn thread_ended(&self) {
        self.waiting().threads -= 1;
        self.changed.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<S>> {
        // Each change is complete by itself, so a panic cannot have left it in disorder.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn timed_out(timeout: Duration) -> Error {
    Error::transient(format!(
        "the PKCS#11 token did not respond within {} ms: it hangs, it is not reachable, or other calls wait for it",
        timeout.as_millis()
    ))
}

fn ended() -> Error {
    Error::transient("the thread that calls the PKCS#11 module has ended")
}

#[cfg(test)]
mod tests;
