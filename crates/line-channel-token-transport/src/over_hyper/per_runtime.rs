//! A value for each Tokio runtime: a pooled connection is driven by the runtime that opened it, and is of no use to another one
//! while nobody drives that.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Mutex, PoisonError, RwLock};

use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

/// With more runtimes than this at a time, the oldest lose their values.
const MAX: usize = 128;

/// Values of runtimes, made when they are first needed, and dropped some time after their runtime has ended.
///
/// ```
/// use std::convert::Infallible;
///
/// use line_channel_token_transport::PerRuntime;
/// use tokio::runtime::Builder;
///
/// let values = PerRuntime::new("first");
/// for expected in ["first", "made"] {
///     let runtime = Builder::new_current_thread().build().unwrap();
///     assert_eq!(values.get(runtime.handle(), || Ok::<_, Infallible>("made")), Ok(expected));
/// }
/// ```
pub struct PerRuntime<T> {
    entries: RwLock<Vec<Entry<T>>>,
    /// For the first runtime.
    spare: Mutex<Option<T>>,
}

struct Entry<T> {
    runtime: Id,
    value: T,
    /// Closed once the runtime has ended, because a task there holds the receiver. Tokio reuses ids.
    alive: oneshot::Sender<Infallible>,
}

impl<T: Clone> PerRuntime<T> {
    /// `first` is the value of the first runtime.
    #[must_use]
    pub fn new(first: T) -> Self {
        Self { entries: RwLock::default(), spare: Mutex::new(Some(first)) }
    }

    /// The value of this runtime. If it has none yet, it takes what `make` makes.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub fn get<E>(&self, runtime: &Handle, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let id = runtime.id();
        // Nothing that can panic runs under the locks.
        if let Some(value) = find(&self.entries.read().unwrap_or_else(PoisonError::into_inner), id) {
            return Ok(value);
        }
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let value = spare.map_or_else(make, Ok)?;
        let (alive, ended) = oneshot::channel::<Infallible>();
        // The task ends with the runtime, or when the entry is dropped.
        runtime.spawn(async move { drop(ended.await) });
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = find(&entries, id) {
            return Ok(value);
        }
        let (mut kept, mut dropped) = (Vec::with_capacity(entries.len() + 1), Vec::new());
        for entry in entries.drain(..) {
            if entry.alive.is_closed() { dropped.push(entry) } else { kept.push(entry) }
        }
        if kept.len() >= MAX {
            dropped.push(kept.remove(0));
        }
        kept.push(Entry { runtime: id, value: value.clone(), alive });
        *entries = kept;
        drop(entries);
        // After the lock is released, because dropping a value may run any code.
        drop(dropped);
        Ok(value)
    }
}

fn find<T: Clone>(entries: &[Entry<T>], runtime: Id) -> Option<T> {
    let entry = entries.iter().find(|entry| entry.runtime == runtime && !entry.alive.is_closed())?;
    Some(entry.value.clone())
}

impl<T> fmt::Debug for PerRuntime<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerRuntime").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::sync::Arc;

    use tokio::runtime::{Builder, Runtime};

    use super::{MAX, PerRuntime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    /// Values that count up from 1; the first is 0.
    struct Counting(PerRuntime<Arc<usize>>, Cell<usize>);

    impl Counting {
        fn new() -> Self {
            Self(PerRuntime::new(Arc::new(0)), Cell::new(0))
        }

        fn get(&self, runtime: &Runtime) -> Arc<usize> {
            let make = || {
                self.1.set(self.1.get() + 1);
                Ok::<_, Infallible>(Arc::new(self.1.get()))
            };
            self.0.get(runtime.handle(), make).unwrap_or_else(|never| match never {})
        }
    }

    #[test]
    fn each_runtime_keeps_its_value() {
        let values = Counting::new();
        let (first, second) = (runtime(), runtime());
        for _ in 0..2 {
            assert_eq!((*values.get(&first), *values.get(&second)), (0, 1));
        }
    }

    #[test]
    fn the_value_of_a_runtime_that_has_ended_is_dropped() {
        let values = Counting::new();
        let first = runtime();
        let of_first = Arc::downgrade(&values.get(&first));
        drop(first);
        let second = runtime();
        assert_eq!(*values.get(&second), 1);
        assert!(of_first.upgrade().is_none());
        // One after the other, as tests with a static client have them.
        for _ in 0..3 * MAX {
            values.get(&runtime());
        }
        assert!(values.0.entries.read().unwrap().len() <= 2);
        assert_eq!(*values.get(&second), 1);
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let values = Counting::new();
        let runtimes: Vec<_> = (0..MAX + 3).map(|_| runtime()).collect();
        for (number, runtime) in runtimes.iter().enumerate() {
            assert_eq!(*values.get(runtime), number);
        }
        assert_eq!(values.0.entries.read().unwrap().len(), MAX);
        assert_eq!(*values.get(&runtimes[MAX + 2]), MAX + 2);
        assert_eq!(*values.get(&runtimes[0]), MAX + 3, "the oldest one gets a new value");
    }

    #[test]
    fn no_task_outlives_the_values() {
        let (values, runtime) = (Counting::new(), runtime());
        values.get(&runtime);
        assert_eq!(runtime.metrics().num_alive_tasks(), 1);
        drop(values);
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    }
}
