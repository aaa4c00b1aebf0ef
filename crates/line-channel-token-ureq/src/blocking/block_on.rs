//! Futures on a thread that waits for them.

use std::pin::pin;
use std::sync::Arc;
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
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        // Returns at once if it was woken since the poll.
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::{Poll, Waker};

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
}
