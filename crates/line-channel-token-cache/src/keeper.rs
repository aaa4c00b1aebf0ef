//! The one task of a cache, or of a whole pool, that waits for what becomes due while nobody asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::select;
use line_channel_token_core::Clock;
use tokio::sync::Notify;

use crate::inner::Inner;
use crate::runtime::{self, Task};
use crate::sync::Mutex;

/// It looks after each cache this often at least: its clock does not see that the machine slept. An entry in its diary
/// never lies further ahead.
pub(crate) const LONGEST_NAP: Duration = Duration::from_secs(600);

/// Ends its task when it is dropped.
#[derive(Default)]
pub(crate) struct Keeper {
    diary: Arc<Diary>,
    task: Mutex<Option<Task>>,
}

/// Which cache to look after when, by the monotonic clock. The address tells caches of the same moment apart.
#[derive(Default)]
struct Diary {
    entries: Mutex<BTreeMap<(Duration, usize), Weak<Inner>>>,
    changed: Notify,
}

impl Keeper {
    /// Enters when to look after a cache, in place of `before`.
    pub(crate) fn plan(
        &self,
        cache: &Arc<Inner>,
        before: Option<Duration>,
        at: Option<Duration>,
        clock: &Arc<dyn Clock>,
    ) {
        if before == at {
            return;
        }
        let address = Arc::as_ptr(cache).addr();
        let mut entries = self.diary.entries.lock();
        if let Some(before) = before {
            entries.remove(&(before, address));
        }
        let Some(at) = at else { return };
        entries.insert((at, address), Arc::downgrade(cache));
        let is_first = entries.first_key_value().is_some_and(|(first, _)| *first == (at, address));
        drop(entries);
        if is_first {
            self.diary.changed.notify_one();
        }
        self.see_to_the_task(clock);
    }

    /// Strikes out a cache that is no more.
    pub(crate) fn forget(&self, at: Duration, cache: &Inner) {
        self.diary.entries.lock().remove(&(at, std::ptr::from_ref(cache).addr()));
    }

    /// Begins the task where there is none, or where its runtime has ended. Outside of a runtime there is none for now.
    fn see_to_the_task(&self, clock: &Arc<dyn Clock>) {
        let mut task = self.task.lock();
        if task.as_ref().is_none_or(Task::is_over) {
            *task = runtime::spawn(keep(Arc::clone(&self.diary), Arc::clone(clock))).ok();
        }
    }
}

async fn keep(diary: Arc<Diary>, clock: Arc<dyn Clock>) {
    loop {
        let now = clock.now().monotonic;
        while let Some(cache) = diary.next_due(now) {
            // It may be the last handle, with which the keeper and this task end.
            if let Some(cache) = cache.upgrade() {
                cache.tend();
            }
        }
        let nap = diary.next_at().map_or(LONGEST_NAP, |at| at.saturating_sub(now));
        let changed = std::pin::pin!(diary.changed.notified());
        select(clock.nap(nap), changed).await;
    }
}

impl Diary {
    fn next_due(&self, now: Duration) -> Option<Weak<Inner>> {
        let mut entries = self.entries.lock();
        let first = entries.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn next_at(&self) -> Option<Duration> {
        self.entries.lock().first_key_value().map(|((at, _), _)| *at)
    }
}
