//! The signals that end a server.

use crate::failure::Failure;

/// Listens from its creation on, so that a signal that comes before anybody waits for it is not lost.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// As process 1 of a container there is no default action, so a handler is needed for each.
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error| Failure::other(format!("signals cannot be handled: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    /// The exit code that is usual for a process which this signal killed.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Listens from its creation on, so that a signal that comes before anybody waits for it is not lost.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
        let failed = |error| Failure::other(format!("signals cannot be handled: {error}"));
        Ok(Self {
            interrupt: ctrl_c().map_err(failed)?,
            close: ctrl_close().map_err(failed)?,
            shutdown: ctrl_shutdown().map_err(failed)?,
        })
    }

    /// The exit code of a process that was interrupted.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
        130
    }
}
