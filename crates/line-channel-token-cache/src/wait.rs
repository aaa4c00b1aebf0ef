//! Waiting on a cache's clock.

use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_core::{Clock, Error};

use crate::source::catch_panic;

/// Upper bound for a timer: timers of the operating system stand still while the machine is suspended, so a longer one could
/// fire late.
pub(crate) const MAX_SLEEP: Duration = Duration::from_secs(10);

/// Completes once `duration` has passed on the clock, suspended time included. It checks again at least every ten seconds, and
/// lets other tasks run if the clock's timers end early, as those of a clock do that has no thread for them.
pub(crate) async fn sleep(clock: &dyn Clock, duration: Duration) {
    let end = clock.now().monotonic.saturating_add(duration);
    let mut left = duration;
    while !left.is_zero() {
        let delay = left.min(MAX_SLEEP);
        clock.background_sleep(delay).await;
        let still_left = end.saturating_sub(clock.now().monotonic);
        if left.saturating_sub(still_left) < delay / 2 {
            yield_now().await;
        }
        left = still_left;
    }
}

/// Lets other tasks run, under every executor.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A call to a source with a deadline; a panic of it is an error. `None` once the deadline is over.
pub(crate) async fn timeout<T>(
    clock: &dyn Clock,
    limit: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Option<Result<T, Error>> {
    let call = std::pin::pin!(catch_panic(call, || Error::token_unavailable("the token source panicked")));
    let timeout = std::pin::pin!(sleep(clock, limit));
    match select(call, timeout).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

/// The error of a call that is not over in time.
pub(crate) fn deadline_exceeded(limit: Duration) -> Error {
    Error::transient(format!("the token source did not respond within {} s", limit.as_secs_f64()))
}
