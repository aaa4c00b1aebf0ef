//! Ctrl-C while a command runs, on systems without signals. It reaches the command by itself.

use std::io;

/// Ctrl-C alone, which does not end this process from now on.
pub(super) struct Signals;

const CTRL_C: i32 = 2;

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next Ctrl-C.
    pub(super) async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        CTRL_C
    }

    /// Ctrl-C asks to end.
    pub(super) fn is_ending(&self, signal: i32) -> bool {
        signal == CTRL_C
    }

    /// Every process of a console gets it.
    pub(super) fn is_of_terminal(&self, signal: i32) -> bool {
        signal == CTRL_C
    }

    /// There is nothing to send.
    pub(super) fn send(&self, _signal: i32, _process: u32) {}
}
