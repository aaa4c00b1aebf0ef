//! The connections of clients: so many at once, each with a time limit for what it sends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;

use super::listener::Listener;

/// More connections wait until others end.
const MAX: usize = 1024;
/// How long a client may take until its request is there, also between requests.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection lasts at most: a client that does not read its response holds none for ever.
const LONGEST: Duration = Duration::from_secs(600);
/// How long the server waits before it accepts again, if it cannot.
const PAUSE: Duration = Duration::from_millis(20);

/// Serves clients until the future ends, and then lets requests that are under way end.
pub(super) async fn serve_until(listener: Listener, router: Router, end: impl Future<Output = ()>, grace: Duration) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MAX));
    let mut end = std::pin::pin!(end);
    loop {
        let next = async {
            // Cannot fail: this semaphore is never closed.
            let permit = Arc::clone(&room).acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut end => break,
            next = next => next,
        };
        let Ok(accepted) = accepted else {
            // The client was gone, or no file descriptors are left, and the next attempt would fail at once.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            let _permit = permit;
            // A client that speaks no TLS, or hangs.
            let Ok(stream) = accepted.establish().await else { return };
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(stream, service);
            // Its error is the client's.
            let _ = tokio::time::timeout(LONGEST, watcher.watch(connection)).await;
        });
    }
    // Its socket is closed, and its file removed, before the last requests end: nobody new comes.
    drop(listener);
    let _ = tokio::time::timeout(grace, graceful.shutdown()).await;
}
