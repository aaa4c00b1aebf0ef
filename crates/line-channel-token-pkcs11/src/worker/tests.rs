use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_executor::block_on;
use line_channel_token_core::{Clock, Error, ErrorKind};
use line_channel_token_mock::ManualClock;

use super::{Settings, Workers};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3600);

/// The state of a thread: which one of its kind it is. Tells when it is dropped.
struct Nth(usize, mpsc::Sender<usize>);

impl Drop for Nth {
    fn drop(&mut self) {
        let _ = self.1.send(self.0);
    }
}

struct Fixture {
    workers: Workers<Nth>,
    clock: ManualClock,
    dropped: mpsc::Receiver<usize>,
}

fn fixture(threads: usize, queue: usize) -> Fixture {
    let clock = ManualClock::new();
    let (sender, dropped) = mpsc::channel();
    let made = AtomicUsize::new(0);
    let new_state = Arc::new(move || Nth(made.fetch_add(1, Ordering::SeqCst), sender.clone()));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    Fixture { workers: Workers::new(Settings { threads, queue, clock: shared, new_state }), clock, dropped }
}

/// A call that begins, says so, and goes on once it is told to.
fn blocking_call(
    workers: &Workers<Nth>,
) -> (impl Future<Output = Result<usize, Error>>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let call = workers.call(SECOND, move |state| {
        begun.send(()).unwrap();
        // Ends too if the test is over.
        let _ = may_go_on.recv();
        Ok(state.0)
    });
    (call, has_begun, go_on)
}

fn poll_once<T>(future: &mut Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn calls_of_one_thread_come_in_order() {
    let fixture = fixture(1, 8);
    let (sender, order) = mpsc::channel();
    for nth in 0..5 {
        let sender = sender.clone();
        let thread = block_on(fixture.workers.call(SECOND, move |state| {
            sender.send((nth, std::thread::current().name().map(str::to_owned))).unwrap();
            Ok(state.0)
        }));
        assert_eq!(thread.unwrap(), 0);
    }
    let order: Vec<_> = order.try_iter().collect();
    assert_eq!(order, (0..5).map(|nth| (nth, Some("line-pkcs11".to_owned()))).collect::<Vec<_>>());
}

#[test]
fn a_panic_is_an_error_and_the_next_call_has_a_new_state() {
    let fixture = fixture(1, 8);
    let result = block_on(fixture.workers.call(SECOND, |_| -> Result<(), Error> { panic!("this panic is meant") }));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Signing);
    assert!(error.to_string().contains("panicked") && !error.to_string().contains("meant"), "{error}");
    assert_eq!(block_on(fixture.workers.call(SECOND, |state| Ok(state.0))).unwrap(), 1);
    assert_eq!(fixture.dropped.recv_timeout(LONG).unwrap(), 0);
}

#[test]
fn a_call_that_hangs_ends_by_its_deadline() {
    let fixture = fixture(1, 8);
    let (call, has_begun, go_on) = blocking_call(&fixture.workers);
    let mut call = pin!(call);
    assert!(poll_once(&mut call).is_pending());
    has_begun.recv_timeout(LONG).unwrap();
    fixture.clock.advance(Duration::from_millis(999));
    assert!(poll_once(&mut call).is_pending());
    fixture.clock.advance(Duration::from_millis(1));
    let Poll::Ready(Err(error)) = poll_once(&mut call) else { panic!("its time is over") };
    assert!(error.is_transient() && error.to_string().contains("within 1000 ms"), "{error}");
    // Once the module responds, the thread serves again.
    go_on.send(()).unwrap();
    assert_eq!(block_on(fixture.workers.call(SECOND, |state| Ok(state.0))).unwrap(), 0);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let fixture = fixture(1, 2);
    let (call, has_begun, go_on) = blocking_call(&fixture.workers);
    let mut call = pin!(call);
    assert!(poll_once(&mut call).is_pending());
    has_begun.recv_timeout(LONG).unwrap();
    let mut first = Box::pin(fixture.workers.call(SECOND, |_| Ok(1)));
    let mut second = Box::pin(fixture.workers.call(SECOND, |_| Ok(2)));
    assert!(poll_once(&mut first.as_mut()).is_pending() && poll_once(&mut second.as_mut()).is_pending());
    let error = block_on(fixture.workers.call(SECOND, |_| Ok(3))).unwrap_err();
    assert!(error.is_transient() && error.to_string().starts_with("2 signatures wait"), "{error}");
    // A cancelled caller makes room for another one.
    drop(first);
    let mut third = Box::pin(fixture.workers.call(SECOND, |_| Ok(3)));
    assert!(poll_once(&mut third.as_mut()).is_pending());
    go_on.send(()).unwrap();
    assert_eq!((block_on(second).unwrap(), block_on(third).unwrap()), (2, 3));
}

#[test]
fn a_cancelled_call_is_not_made() {
    let fixture = fixture(1, 8);
    let (call, has_begun, go_on) = blocking_call(&fixture.workers);
    let mut call = pin!(call);
    assert!(poll_once(&mut call).is_pending());
    has_begun.recv_timeout(LONG).unwrap();
    let (sender, made) = mpsc::channel();
    let mut cancelled = Box::pin(fixture.workers.call(SECOND, move |_| {
        sender.send(()).unwrap();
        Ok(())
    }));
    assert!(poll_once(&mut cancelled.as_mut()).is_pending());
    drop(cancelled);
    go_on.send(()).unwrap();
    block_on(fixture.workers.call(SECOND, |_| Ok(()))).unwrap();
    assert_eq!(made.try_recv(), Err(mpsc::TryRecvError::Disconnected));
}

#[test]
fn several_threads_call_at_a_time() {
    let fixture = fixture(3, 8);
    let mut calls = Vec::new();
    for _ in 0..3 {
        let (call, has_begun, go_on) = blocking_call(&fixture.workers);
        let mut call = Box::pin(call);
        assert!(poll_once(&mut call.as_mut()).is_pending());
        has_begun.recv_timeout(LONG).unwrap();
        calls.push((call, go_on));
    }
    let mut fourth = Box::pin(fixture.workers.call(SECOND, |_| Ok(())));
    assert!(poll_once(&mut fourth.as_mut()).is_pending());
    let mut states = Vec::new();
    for (call, go_on) in calls {
        go_on.send(()).unwrap();
        states.push(block_on(call).unwrap());
    }
    states.sort_unstable();
    assert_eq!(states, [0, 1, 2]);
    block_on(fourth).unwrap();
}

#[test]
fn threads_end_with_their_owner() {
    let fixture = fixture(2, 8);
    block_on(fixture.workers.call(SECOND, |_| Ok(()))).unwrap();
    assert!(fixture.dropped.try_recv().is_err());
    drop(fixture.workers);
    assert_eq!(fixture.dropped.try_recv(), Ok(0));
    assert_eq!(fixture.dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "the thread let go of what it held");
}

#[test]
fn a_thread_that_hangs_does_not_hold_its_owner_up() {
    let fixture = fixture(2, 8);
    let (call, has_begun, go_on) = blocking_call(&fixture.workers);
    let mut call = Box::pin(call);
    assert!(poll_once(&mut call.as_mut()).is_pending());
    has_begun.recv_timeout(LONG).unwrap();
    block_on(fixture.workers.call(SECOND, |_| Ok(()))).unwrap();
    drop(call);
    drop(fixture.workers);
    assert_eq!(fixture.dropped.try_recv(), Ok(1), "the thread that was idle has ended");
    assert_eq!(fixture.dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
    go_on.send(()).unwrap();
    assert_eq!(fixture.dropped.recv_timeout(LONG), Ok(0), "the other one ends once its call does");
}

#[test]
fn a_forked_process_starts_threads_of_its_own() {
    static PROCESS: AtomicU32 = AtomicU32::new(1);
    let mut fixture = fixture(1, 8);
    fixture.workers.process_id = || PROCESS.load(Ordering::SeqCst);
    assert_eq!(block_on(fixture.workers.call(SECOND, |state| Ok(state.0))).unwrap(), 0);
    // Some thread of the parent held the lock when it forked; the child never gets it.
    let parent = Arc::clone(&fixture.workers.generation().queue);
    let held_for_ever = parent.waiting();
    PROCESS.store(2, Ordering::SeqCst);
    assert_eq!(block_on(fixture.workers.call(SECOND, |state| Ok(state.0))).unwrap(), 1);
    drop(fixture.workers);
    assert_eq!(fixture.dropped.recv_timeout(LONG).unwrap(), 1, "only the child's own thread is ended");
    drop(held_for_ever);
    parent.close();
}

#[test]
fn a_clock_without_a_timer_ends_no_call() {
    #[derive(Debug)]
    struct NoTimer;
    impl Clock for NoTimer {
        fn now(&self) -> line_channel_token_core::Moment {
            line_channel_token_core::Moment { monotonic: SECOND, unix: SECOND }
        }
        fn sleep(&self, _: Duration) -> line_channel_token_core::Sleep {
            Box::pin(std::future::ready(()))
        }
    }
    let workers = Workers::new(Settings { threads: 1, queue: 1, clock: Arc::new(NoTimer), new_state: Arc::new(|| 7) });
    assert_eq!(super::super::block_on::block_on(workers.call(SECOND, |state| Ok(*state))).unwrap(), 7);
}
