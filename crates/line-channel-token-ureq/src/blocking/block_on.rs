//! Futures on a thread that waits for them.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Polls a future on this thread until it is complete, and lets the thread sleep meanwhile.
///
/// For what is async in `line-channel-token` and needs no runtime: a `Client` over a blocking backend, a signer, a clock.
/// It starts no runtime. What needs one says so: the backends over reqwest and hyper return an error, and no panic.
///
/// ```
/// use line_channel_token_ureq::blocking::block_on;
///
/// assert_eq!(block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    /// A thread that waits, and whether it was woken. Channels park the thread too, and one in the future may take a wake for its own.
    struct Unpark(Thread, AtomicBool);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.1.store(true, Ordering::Release);
            self.0.unpark();
        }
    }

    let unpark = Arc::new(Unpark(thread::current(), AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !unpark.1.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::{Poll, Waker};
    use std::time::Duration;

    use super::block_on;

    #[test]
    fn a_future_that_another_thread_wakes_completes() {
        let (sender, receiver) = mpsc::channel::<Waker>();
        let (done, is_done) = mpsc::channel();
        let waking = std::thread::spawn(move || {
            let waker = receiver.recv().unwrap();
            done.send(()).unwrap();
            waker.wake();
        });
        let mut polls = 0;
        block_on(std::future::poll_fn(|context| {
            polls += 1;
            if is_done.try_recv().is_ok() {
                return Poll::Ready(());
            }
            let _ = sender.send(context.waker().clone());
            Poll::Pending
        }));
        assert!(polls >= 2);
        waking.join().unwrap();
    }

    #[test]
    fn a_wake_is_not_lost_to_another_wait_in_the_future() {
        let (done, is_done) = mpsc::channel();
        std::thread::spawn(move || {
            let mut polls = 0;
            block_on(std::future::poll_fn(|context| {
                polls += 1;
                if polls == 2 {
                    return Poll::Ready(());
                }
                let waker = context.waker().clone();
                std::thread::spawn(move || waker.wake()).join().unwrap();
                // As a channel does that waits.
                std::thread::park();
                Poll::Pending
            }));
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
