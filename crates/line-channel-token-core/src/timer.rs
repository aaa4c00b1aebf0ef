//! Delays without a runtime: one thread for the whole process, started by the first of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

static TIMERS: Timers = Timers::new(std::process::id, spawn);

/// A delay on the process's timer thread. It begins now.
///
/// If the thread cannot be started, the delay is over at its first poll: a caller can see on its clock that it was too short,
/// while one that sleeps for ever cannot see anything. The next delay is another attempt to start the thread.
pub(crate) fn delay(duration: Duration) -> Delay {
    Delay::new(&TIMERS, duration)
}

fn spawn(timer: &'static Timer) -> io::Result<()> {
    thread::Builder::new().name("line-channel-token-timer".to_owned()).spawn(|| timer.run()).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "the timers are what a clock sleeps on")]
fn instant() -> Instant {
    Instant::now()
}

/// The timers of this process and of those that it was forked from.
///
/// A fork copies no thread but its own, and copies locks as they are, held or not. So a child leaves the timer of its
/// parent alone and appends one of its own.
struct Timers {
    first: OnceLock<Box<Timer>>,
    process_id: fn() -> u32,
    spawn: fn(&'static Timer) -> io::Result<()>,
}

struct Timer {
    process: u32,
    spawn: fn(&'static Timer) -> io::Result<()>,
    queue: Mutex<Queue>,
    /// Tells the thread that another delay is the first to end.
    changed: Condvar,
    /// The timer of a child that was forked from this process.
    next: OnceLock<Box<Timer>>,
}

#[derive(Default)]
struct Queue {
    running: bool,
    last_id: u64,
    delays: BTreeMap<Key, Waker>,
}

/// When a delay ends, and its number, because several can end at once.
type Key = (Instant, u64);

impl Timers {
    const fn new(process_id: fn() -> u32, spawn: fn(&'static Timer) -> io::Result<()>) -> Self {
        Self { first: OnceLock::new(), process_id, spawn }
    }

    /// The timer of this process.
    fn current(&'static self) -> &'static Timer {
        let process = (self.process_id)();
        let new = || Box::new(Timer::new(process, self.spawn));
        let mut timer = self.first.get_or_init(new);
        while let Some(next) = timer.next.get() {
            timer = next;
        }
        if timer.process == process { timer } else { timer.next.get_or_init(new) }
    }
}

impl Timer {
    fn new(process: u32, spawn: fn(&'static Timer) -> io::Result<()>) -> Self {
        Self { process, spawn, queue: Mutex::default(), changed: Condvar::new(), next: OnceLock::new() }
    }

    /// Wakes `waker` at `end`.
    ///
    /// # Errors
    ///
    /// If the thread that would do so cannot be started.
    fn insert(&'static self, end: Instant, waker: Waker) -> io::Result<Key> {
        let mut queue = self.queue();
        if !queue.running {
            (self.spawn)(self)?;
            queue.running = true;
        }
        queue.last_id += 1;
        let key = (end, queue.last_id);
        queue.delays.insert(key, waker);
        if queue.delays.first_key_value().is_some_and(|(first, _)| *first == key) {
            self.changed.notify_one();
        }
        Ok(key)
    }

    /// Wakes `waker` instead of the one that was given for this delay. `false` if that was woken already.
    fn replace(&self, key: Key, waker: Waker) -> bool {
        let mut queue = self.queue();
        let before = queue.delays.get_mut(&key).map(|before| std::mem::replace(before, waker));
        // A waker is dropped outside of the lock, because that may free a task here and now.
        drop(queue);
        before.is_some()
    }

    fn remove(&self, key: Key) {
        let mut queue = self.queue();
        let waker = queue.delays.remove(&key);
        drop(queue);
        drop(waker);
    }

    fn run(&self) {
        let mut queue = self.queue();
        loop {
            let now = instant();
            let later = queue.delays.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut queue.delays, later);
            if !due.is_empty() {
                drop(queue);
                for waker in due.into_values() {
                    // A waker may run its task here and now, and a task that panics must not take the thread along.
                    let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
                }
                queue = self.queue();
                continue;
            }
            queue = match queue.delays.first_key_value() {
                Some(((end, _), _)) => {
                    let left = end.saturating_duration_since(now);
                    self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Each change of the queue is complete by itself, so a panic cannot have left it in disorder.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Completes once its time is over. Dropping it takes it out of the queue.
pub(crate) struct Delay {
    timers: &'static Timers,
    /// `None` if it lies beyond the time that can be told: then it never comes.
    end: Option<Instant>,
    queued: Option<(&'static Timer, Key)>,
}

impl Delay {
    fn new(timers: &'static Timers, duration: Duration) -> Self {
        Self { timers, end: instant().checked_add(duration), queued: None }
    }

    fn leave_queue(&mut self) {
        if let Some((timer, key)) = self.queued.take()
            // The lock of a parent process may have been held when this one was forked.
            && timer.process == (self.timers.process_id)()
        {
            timer.remove(key);
        }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(end) = self.end else { return Poll::Pending };
        if instant() >= end {
            self.leave_queue();
            return Poll::Ready(());
        }
        let timer = self.timers.current();
        let waker = context.waker().clone();
        match self.queued {
            Some((queued_at, key)) if queued_at.process == timer.process => {
                if !queued_at.replace(key, waker) {
                    // The time passed since it was compared above, and it is the waker of an earlier poll that was woken.
                    return Poll::Ready(());
                }
            }
            _ => match timer.insert(end, waker) {
                Ok(key) => self.queued = Some((timer, key)),
                Err(_) => return Poll::Ready(()),
            },
        }
        Poll::Pending
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.leave_queue();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::io;
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, mpsc};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread;
    use std::time::Duration;

    use futures_executor::block_on;

    use super::{Delay, Timer, Timers, instant, spawn};

    const MILLISECOND: Duration = Duration::from_millis(1);
    const HOUR: Duration = Duration::from_secs(3600);

    fn timers() -> &'static Timers {
        Box::leak(Box::new(Timers::new(std::process::id, spawn)))
    }

    fn queued(timers: &'static Timers) -> usize {
        timers.current().queue().delays.len()
    }

    fn poll_once(delay: &mut Delay) -> Poll<()> {
        pin!(delay).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Calls a function when it is woken.
    struct Calls<F>(F);

    impl<F: Fn() + Send + Sync> Wake for Calls<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }

    #[test]
    fn many_delays_end_in_their_order_and_not_early() {
        let timers = timers();
        let (sender, ended) = mpsc::channel();
        let mut delays = Vec::new();
        // Late ones are queued first, so that the thread must be told of earlier ones again and again.
        for millis in (1..=200).rev() {
            let sender = sender.clone();
            let due = instant() + millis * MILLISECOND;
            let mut delay = Delay::new(timers, millis * MILLISECOND);
            let waker = Waker::from(Arc::new(Calls(move || sender.send((millis, instant() >= due)).unwrap())));
            assert!(pin!(&mut delay).poll(&mut Context::from_waker(&waker)).is_pending());
            delays.push((millis, delay));
        }
        let ended: Vec<_> = (0..200).map(|_| ended.recv_timeout(HOUR).unwrap()).collect();
        assert!(ended.iter().all(|(_, in_time)| *in_time), "one ended early: {ended:?}");
        let mut wanted: Vec<_> = delays.iter().map(|(millis, delay)| (delay.end.unwrap(), *millis)).collect();
        wanted.sort_unstable();
        let order: Vec<_> = wanted.into_iter().map(|(_, millis)| millis).collect();
        assert_eq!(ended.into_iter().map(|(millis, _)| millis).collect::<Vec<_>>(), order);
        assert_eq!(queued(timers), 0);
        assert!(delays.iter_mut().all(|(_, delay)| poll_once(delay).is_ready()));
    }

    #[test]
    fn delays_of_many_threads_all_end() {
        let timers = timers();
        thread::scope(|scope| {
            for nth in 0..50 {
                scope.spawn(move || block_on(Delay::new(timers, nth % 5 * MILLISECOND)));
            }
        });
        assert_eq!(queued(timers), 0);
    }

    #[test]
    fn no_time_is_over_at_once_and_needs_no_thread() {
        let timers = Box::leak(Box::new(Timers::new(std::process::id, |_| panic!("no thread is needed"))));
        assert!(poll_once(&mut Delay::new(timers, Duration::ZERO)).is_ready());
    }

    #[test]
    fn the_longest_time_never_comes_and_does_not_overflow() {
        let timers = timers();
        for long in [Duration::MAX, Duration::MAX - MILLISECOND, Duration::from_secs(u64::MAX / 4)] {
            let mut delay = Delay::new(timers, long);
            assert!(poll_once(&mut delay).is_pending());
            block_on(Delay::new(timers, MILLISECOND));
            assert!(poll_once(&mut delay).is_pending());
        }
        assert_eq!(queued(timers), 0);
    }

    #[test]
    fn a_dropped_delay_leaves_the_queue_and_frees_its_waker() {
        let timers = timers();
        let held = Arc::new(Calls(|| panic!("nobody waits any more")));
        let waker = Waker::from(Arc::clone(&held));
        let mut delay = Delay::new(timers, HOUR);
        assert!(pin!(&mut delay).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        assert_eq!((queued(timers), Arc::strong_count(&held)), (1, 2));
        drop(delay);
        assert_eq!((queued(timers), Arc::strong_count(&held)), (0, 1));
    }

    #[test]
    fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
        let timers = timers();
        let mut delay = Delay::new(timers, 20 * MILLISECOND);
        let unwanted = Waker::from(Arc::new(Calls(|| panic!("another task waits now"))));
        assert!(pin!(&mut delay).poll(&mut Context::from_waker(&unwanted)).is_pending());
        block_on(delay);
        assert_eq!(queued(timers), 0);
    }

    #[test]
    fn a_task_that_panics_when_woken_stops_no_other_delay() {
        let timers = timers();
        let mut delay = Delay::new(timers, MILLISECOND);
        let panics = Waker::from(Arc::new(Calls(|| panic!("this panic is meant"))));
        assert!(pin!(&mut delay).poll(&mut Context::from_waker(&panics)).is_pending());
        block_on(Delay::new(timers, 5 * MILLISECOND));
        block_on(Delay::new(timers, MILLISECOND));
    }

    #[test]
    fn a_waker_may_use_the_timer() {
        let timers = timers();
        let (sender, ended) = mpsc::channel();
        let inner = Mutex::new(None);
        let waker = Waker::from(Arc::new(Calls(move || {
            let mut next = Delay::new(timers, HOUR);
            assert!(poll_once(&mut next).is_pending());
            *inner.lock().unwrap() = Some(next);
            sender.send(()).unwrap();
        })));
        let mut delay = Delay::new(timers, MILLISECOND);
        assert!(pin!(&mut delay).poll(&mut Context::from_waker(&waker)).is_pending());
        ended.recv_timeout(HOUR).unwrap();
    }

    #[test]
    fn without_a_thread_a_delay_is_over_at_once() {
        static EXHAUSTED: AtomicBool = AtomicBool::new(true);
        static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);
        fn sometimes(timer: &'static Timer) -> io::Result<()> {
            ATTEMPTS.fetch_add(1, Ordering::SeqCst);
            if EXHAUSTED.load(Ordering::SeqCst) { Err(io::ErrorKind::WouldBlock.into()) } else { spawn(timer) }
        }
        let timers = Box::leak(Box::new(Timers::new(std::process::id, sometimes)));
        for _ in 0..2 {
            assert!(poll_once(&mut Delay::new(timers, HOUR)).is_ready());
            assert_eq!(queued(timers), 0);
        }
        EXHAUSTED.store(false, Ordering::SeqCst);
        for _ in 0..2 {
            block_on(Delay::new(timers, MILLISECOND));
        }
        assert!(poll_once(&mut Delay::new(timers, HOUR)).is_pending());
        assert_eq!(ATTEMPTS.load(Ordering::SeqCst), 3, "the thread that was started at last serves all");
    }

    #[test]
    fn a_forked_child_has_a_timer_of_its_own() {
        static PROCESS: AtomicU32 = AtomicU32::new(1);
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        fn counted(timer: &'static Timer) -> io::Result<()> {
            STARTED.fetch_add(1, Ordering::SeqCst);
            // A thread of the parent's does not run in a child: this one stands for it.
            if timer.process == 1 { Ok(()) } else { spawn(timer) }
        }
        let timers = Box::leak(Box::new(Timers::new(|| PROCESS.load(Ordering::SeqCst), counted)));
        let mut begun_before = Delay::new(timers, 5 * MILLISECOND);
        let mut given_up = Delay::new(timers, HOUR);
        assert!(poll_once(&mut begun_before).is_pending() && poll_once(&mut given_up).is_pending());
        let parent = timers.current();

        // Some thread of the parent held the lock when it forked; the child never gets it.
        let held_for_ever = parent.queue();
        PROCESS.store(2, Ordering::SeqCst);
        block_on(Delay::new(timers, MILLISECOND));
        block_on(begun_before);
        drop(given_up);
        assert_eq!((queued(timers), STARTED.load(Ordering::SeqCst)), (0, 2));

        PROCESS.store(3, Ordering::SeqCst);
        block_on(Delay::new(timers, MILLISECOND));
        assert_eq!(STARTED.load(Ordering::SeqCst), 3, "a child's child has its own, too");
        drop(held_for_ever);
    }
}
