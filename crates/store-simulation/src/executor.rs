//! One thread, virtual time, and tasks that belong to processes which can be paused and killed.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A process that tasks belong to; [`WORLD`] is none of them.
pub(crate) type Process = u32;

/// What belongs to no process and is never paused: the network, the store, LINE, and the faults.
pub(crate) const WORLD: Process = 0;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns, sleeps and tells the time; also pauses and kills processes.
#[derive(Clone, Debug)]
pub(crate) struct Handle(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    now: Duration,
    last_id: u64,
    timers: BTreeMap<(Duration, u64), Waker>,
    ready: Vec<u64>,
    spawned: Vec<Spawned>,
    paused: BTreeSet<Process>,
    dead: BTreeSet<Process>,
    /// Whether a process was killed whose tasks are still there.
    has_killed: bool,
}

struct Spawned {
    id: u64,
    process: Process,
    future: Task,
    waker: Arc<TaskWaker>,
}

impl std::fmt::Debug for Spawned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spawned").field("id", &self.id).field("process", &self.process).finish_non_exhaustive()
    }
}

struct TaskWaker {
    id: u64,
    queued: AtomicBool,
    handle: Handle,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.handle.lock().ready.push(self.id);
        }
    }
}

impl Handle {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the simulation began.
    pub(crate) fn now(&self) -> Duration {
        self.lock().now
    }

    pub(crate) fn spawn(&self, process: Process, future: impl Future<Output = ()> + Send + 'static) {
        let mut inner = self.lock();
        inner.last_id += 1;
        let id = inner.last_id;
        let waker = Arc::new(TaskWaker { id, queued: AtomicBool::new(true), handle: self.clone() });
        inner.spawned.push(Spawned { id, process, future: Box::pin(future), waker });
        inner.ready.push(id);
    }

    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        let end = self.now().saturating_add(duration);
        Sleep { handle: self.clone(), end, key: None }
    }

    /// None of the process's tasks runs until it is resumed.
    pub(crate) fn pause(&self, process: Process) {
        self.lock().paused.insert(process);
    }

    pub(crate) fn resume(&self, process: Process) {
        self.lock().paused.remove(&process);
    }

    /// Drops the process's tasks, as soon as the one that runs now is suspended.
    pub(crate) fn kill(&self, process: Process) {
        let mut inner = self.lock();
        inner.has_killed |= inner.dead.insert(process);
    }

    pub(crate) fn is_alive(&self, process: Process) -> bool {
        !self.lock().dead.contains(&process)
    }

    pub(crate) fn is_paused(&self, process: Process) -> bool {
        self.lock().paused.contains(&process)
    }
}

/// Completes at a virtual time.
#[derive(Debug)]
pub(crate) struct Sleep {
    handle: Handle,
    end: Duration,
    key: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let handle = self.handle.clone();
        let mut inner = handle.lock();
        if inner.now >= self.end {
            return Poll::Ready(());
        }
        inner.last_id += 1;
        let new = (self.end, inner.last_id);
        let key = *self.key.get_or_insert(new);
        let before = inner.timers.insert(key, context.waker().clone());
        drop(inner);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.handle.lock().timers.remove(&key);
            drop(waker);
        }
    }
}

/// Runs the tasks, one at a time, in an order that the seed decides.
pub(crate) struct Executor {
    handle: Handle,
    tasks: BTreeMap<u64, Running>,
    random: fastrand::Rng,
    steps: u64,
}

struct Running {
    process: Process,
    future: Task,
    waker: Arc<TaskWaker>,
}

impl Executor {
    pub(crate) fn new(seed: u64) -> Self {
        let handle = Handle(Arc::default());
        Self { handle, tasks: BTreeMap::new(), random: fastrand::Rng::with_seed(seed), steps: 0 }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// How many times a task has run.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Runs until this time, or until `stop` says so, which is asked after each step.
    pub(crate) fn run_until(&mut self, end: Duration, stop: impl Fn(u64) -> bool) {
        while !stop(self.steps) {
            self.adopt_spawned();
            self.drop_killed();
            match self.next_ready() {
                Some(id) => self.step(id),
                None if self.advance(end) => {}
                None => return,
            }
        }
    }

    fn adopt_spawned(&mut self) {
        let spawned = std::mem::take(&mut self.handle.lock().spawned);
        for Spawned { id, process, future, waker } in spawned {
            self.tasks.insert(id, Running { process, future, waker });
        }
    }

    fn drop_killed(&mut self) {
        let mut inner = self.handle.lock();
        if !std::mem::take(&mut inner.has_killed) {
            return;
        }
        let dead = inner.dead.clone();
        drop(inner);
        // Outside of the lock: what is dropped takes its timers out of the queue.
        self.tasks.retain(|_, task| !dead.contains(&task.process));
    }

    /// One of the tasks that are ready and whose process is not paused.
    fn next_ready(&mut self) -> Option<u64> {
        let mut inner = self.handle.lock();
        inner.ready.retain(|id| self.tasks.contains_key(id));
        let paused = &inner.paused;
        let is_paused =
            |id: &u64| !paused.is_empty() && self.tasks.get(id).is_some_and(|t| paused.contains(&t.process));
        let runnable = inner.ready.iter().filter(|id| !is_paused(id)).count();
        if runnable == 0 {
            return None;
        }
        let nth = self.random.usize(..runnable);
        let (position, id) = inner.ready.iter().copied().enumerate().filter(|(_, id)| !is_paused(id)).nth(nth)?;
        inner.ready.remove(position);
        Some(id)
    }

    fn step(&mut self, id: u64) {
        self.steps += 1;
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.waker.queued.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.waker));
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks.remove(&id);
        }
    }

    /// Goes on to the next timer; `false` if there is none before `end`.
    fn advance(&self, end: Duration) -> bool {
        let mut inner = self.handle.lock();
        let Some(next) = inner.timers.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= end) else {
            inner.now = inner.now.max(end);
            return false;
        };
        inner.now = inner.now.max(next);
        let later = inner.timers.split_off(&(next, u64::MAX));
        let due = std::mem::replace(&mut inner.timers, later);
        drop(inner);
        due.into_values().for_each(Waker::wake);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{Executor, WORLD};

    const SECOND: Duration = Duration::from_secs(1);

    /// The order in which ten tasks of two processes end, of which one is paused from 2 s to 20 s and the other killed at 5 s.
    fn order(seed: u64) -> Vec<(u64, u64)> {
        let mut executor = Executor::new(seed);
        let handle = executor.handle();
        let ended = Arc::new(Mutex::new(Vec::new()));
        for nth in 0..10_u64 {
            let (inner, ended) = (handle.clone(), Arc::clone(&ended));
            handle.spawn(1 + (nth % 2) as u32, async move {
                inner.sleep(SECOND * (nth / 2 + 1) as u32 * 2).await;
                ended.lock().unwrap().push((nth, inner.now().as_secs()));
            });
        }
        let inner = handle.clone();
        handle.spawn(WORLD, async move {
            inner.sleep(3 * SECOND).await;
            inner.pause(1);
            inner.sleep(2 * SECOND).await;
            inner.kill(2);
            inner.sleep(15 * SECOND).await;
            inner.resume(1);
        });
        executor.run_until(100 * SECOND, |_| false);
        assert_eq!(handle.now(), 100 * SECOND);
        Arc::into_inner(ended).unwrap().into_inner().unwrap()
    }

    #[test]
    fn paused_tasks_run_when_resumed_and_killed_ones_never() {
        let ended = order(1);
        let (paused, killed): (Vec<_>, Vec<_>) = ended.into_iter().partition(|(nth, _)| nth % 2 == 0);
        assert_eq!(killed, [(1, 2), (3, 4)], "the second process is dead from 5 s on");
        assert!(paused.contains(&(0, 2)), "{paused:?}");
        assert!(paused.len() == 5 && paused.iter().skip(1).all(|(_, at)| *at == 20), "{paused:?}");
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(order(7), order(7));
        assert!((0..20).any(|seed| order(seed) != order(7)));
    }
}
