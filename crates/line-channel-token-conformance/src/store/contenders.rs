//! Several processes at once: threads, each with a runtime and a handle of its own.

use std::sync::{Arc, Barrier};

use line_channel_token_cache::store::TokenStore;
use tokio::sync::oneshot;

use super::environment::Environment;

/// Runs `act` on this number of threads at once. Each has a runtime of its own, and each two share a handle. Returns the results in order.
pub(super) async fn at_once<T, F>(
    environment: &Environment,
    threads: usize,
    act: impl Fn(Arc<dyn TokenStore>, usize) -> F + Clone + Send + 'static,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let mut handles = Vec::new();
    for _ in 0..threads.div_ceil(2) {
        handles.push(environment.handle().await);
    }
    let start = Arc::new(Barrier::new(threads));
    let mut running = Vec::new();
    for number in 0..threads {
        let store = Arc::clone(&handles[number / 2]);
        let start = Arc::clone(&start);
        let act = act.clone();
        let (sender, done) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            start.wait();
            let result = runtime.block_on(act(store, number));
            drop(sender.send(result));
        });
        running.push((thread, done));
    }
    let mut results = Vec::new();
    for (thread, done) in running {
        match done.await {
            Ok(result) => results.push(result),
            Err(_) => std::panic::resume_unwind(thread.join().unwrap_err()),
        }
    }
    results
}
