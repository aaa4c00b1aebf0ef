//! Ctrl-C while a command waits.

use std::future::Future;

use crate::output;

/// Waits for a call. Ctrl-C ends the process as it ends any other (exit code 130 at a shell), after the future was dropped, and what `lost`
/// returns was said.
pub(crate) async fn ends<T>(call: impl Future<Output = T>, lost: impl FnOnce() -> Option<&'static str>) -> T {
    let interrupted = {
        tokio::select! {
            biased;
            value = call => Ok(value),
            () = requested() => Err(()),
        }
    };
    match interrupted {
        Ok(value) => value,
        Err(()) => {
            if let Some(lost) = lost() {
                output::note(lost);
            }
            end()
        }
    }
}

#[cfg(unix)]
async fn requested() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::interrupt()) {
        Ok(mut interrupts) => {
            let _ = interrupts.recv().await;
        }
        // The signal then ends the process by itself.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn requested() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Dies of the signal, so that a shell that runs a loop or a script ends it as well.
#[expect(clippy::exit, reason = "the process ends at once, as an interrupted one does")]
fn end() -> ! {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
    std::process::exit(130)
}
