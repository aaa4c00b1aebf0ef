//! Shows people that a call takes long.

use std::future::Future;
use std::io::{self, IsTerminal as _};
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;

/// A call that is quicker shows nothing.
const MOMENT: Duration = Duration::from_millis(300);
const FRAME: Duration = Duration::from_millis(100);

/// Waits for a call, and shows on a terminal what is going on if it takes longer than a moment.
pub(crate) async fn while_waiting<T>(doing: &str, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    if !is_wanted() {
        return call.await;
    }
    tokio::select! {
        biased;
        value = &mut call => return value,
        () = sleep(MOMENT) => {}
    }
    let spinner = Spinner::new(doing);
    loop {
        tokio::select! {
            biased;
            value = &mut call => return value,
            () = sleep(FRAME) => spinner.0.tick(),
        }
    }
}

/// It would mix with the lines of `-v`, and nothing but a terminal can take it back.
fn is_wanted() -> bool {
    io::stderr().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        && !tracing::enabled!(tracing::Level::INFO)
}

struct Spinner(ProgressBar);

impl Spinner {
    fn new(doing: &str) -> Self {
        // More often than frames come, so that each is drawn.
        let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(20));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            spinner.set_style(style);
        }
        spinner.set_message(doing.to_owned());
        spinner.tick();
        Self(spinner)
    }
}

impl Drop for Spinner {
    /// Its line is empty again, also if the call was given up.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
