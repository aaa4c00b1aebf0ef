//! The open connections: which of them are idle, and how they end.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::task::{AbortHandle, Id, JoinSet};

/// What stands for a connection that is handling a request.
const BUSY: u64 = u64::MAX;

/// The share of the idle connections that make room at once: one in so many.
const SHARE: usize = 16;

/// All connections of a server.
pub(crate) struct Connections {
    open: Mutex<Open>,
    graceful: Mutex<Option<GracefulShutdown>>,
    /// A number for each time that a connection became idle; it only grows.
    turn: Arc<AtomicU64>,
}

#[derive(Default)]
struct Open {
    /// Dropping this ends every connection.
    tasks: JoinSet<()>,
    by_task: HashMap<Id, (Activity, AbortHandle)>,
}

/// Since when a connection has been idle.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    idle_since: Arc<AtomicU64>,
    turn: Arc<AtomicU64>,
}

/// A connection is not idle while there is one of these.
#[derive(Debug)]
pub(crate) struct Busy(Activity);

impl Activity {
    fn new(turn: &Arc<AtomicU64>) -> Self {
        let idle_since = Arc::new(AtomicU64::new(turn.fetch_add(1, Ordering::Relaxed)));
        Self { idle_since, turn: Arc::clone(turn) }
    }

    pub(crate) fn begin(&self) -> Busy {
        self.idle_since.store(BUSY, Ordering::Relaxed);
        Busy(self.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Activity { idle_since, turn } = &self.0;
        idle_since.store(turn.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::default(), graceful: Mutex::new(Some(GracefulShutdown::new())), turn: Arc::default() }
    }

    /// Serves a connection, unless the server is shutting down.
    pub(crate) fn spawn<F>(&self, serve: impl FnOnce(Watcher, Activity) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(watcher) = lock(&self.graceful).as_ref().map(GracefulShutdown::watcher) else { return };
        let activity = Activity::new(&self.turn);
        let task = serve(watcher, activity.clone());
        let mut open = lock(&self.open);
        open.forget_ended();
        let handle = open.tasks.spawn(task);
        open.by_task.insert(handle.id(), (activity, handle));
    }

    /// Ends some of the connections that have been idle for longest.
    pub(crate) fn make_room(&self) {
        let mut open = lock(&self.open);
        open.forget_ended();
        let mut idle: Vec<(u64, &AbortHandle)> = open
            .by_task
            .values()
            .map(|(activity, task)| (activity.idle_since.load(Ordering::Relaxed), task))
            .filter(|(since, _)| *since != BUSY)
            .collect();
        let share = idle.len().div_ceil(SHARE);
        idle.sort_unstable_by_key(|(since, _)| *since);
        for (_, task) in idle.into_iter().take(share) {
            task.abort();
        }
    }

    /// Closes idle connections, and completes once the others have ended.
    pub(crate) async fn shut_down(&self) {
        let graceful = lock(&self.graceful).take();
        if let Some(graceful) = graceful {
            graceful.shutdown().await;
        }
    }

    pub(crate) fn abort_all(&self) {
        lock(&self.open).tasks.abort_all();
    }
}

impl Open {
    fn forget_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
            self.by_task.remove(&id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::Connections;

    /// Ends with the connection.
    struct Ended(Arc<Mutex<Vec<usize>>>, usize);

    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(self.1);
        }
    }

    #[tokio::test]
    async fn the_longest_idle_make_room() {
        let connections = Connections::new();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let mut activities = Vec::new();
        for number in 0..33 {
            let end = Ended(Arc::clone(&ended), number);
            connections.spawn(|_, activity| {
                activities.push(activity);
                async move {
                    let _end = end;
                    std::future::pending().await
                }
            });
        }
        let _busy = activities[0].begin();
        drop(activities[2].begin());
        connections.make_room();
        while ended.lock().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        ended.lock().unwrap().sort_unstable();
        assert_eq!(*ended.lock().unwrap(), [1, 3], "0 is busy, and 2 was used since");
        connections.make_room();
        while ended.lock().unwrap().len() < 4 {
            tokio::task::yield_now().await;
        }
        assert_eq!(connections.open.lock().unwrap().by_task.len(), 31);
    }
}
