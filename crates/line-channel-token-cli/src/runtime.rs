//! The async runtime, for commands that call LINE.

use std::future::Future;

use crate::failure::Failure;

/// Runs a future on a runtime of this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::other(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(future);
    // Dropped, it would wait for the look-up of a name that was given up, which takes as long as name servers are waited for.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::block_on;

    #[test]
    fn what_blocks_is_not_waited_for() {
        let has_ended = Arc::new(AtomicBool::new(false));
        let (ends, end) = channel::<()>();
        let flag = Arc::clone(&has_ended);
        let outcome = block_on(async move {
            let (begins, begun) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                let _ = begins.send(());
                let _ = end.recv_timeout(Duration::from_secs(10));
                flag.store(true, SeqCst);
            });
            begun.await.unwrap();
            Ok(())
        });
        assert!(outcome.is_ok() && !has_ended.load(SeqCst));
        drop(ends);
    }
}
