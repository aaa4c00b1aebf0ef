//! `-v`: what the library traces, on standard error.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the targets of this project's crates begin with.
const OURS: &str = "line_channel_token";

/// Shows spans and events: this project's from `-v` on, and those of all others with `-vvv`. None of them holds a secret.
pub(crate) fn start(verbose: u8) {
    let shown = match verbose {
        0 => return,
        1 => Targets::new().with_target(OURS, LevelFilter::INFO),
        2 => Targets::new().with_target(OURS, LevelFilter::DEBUG),
        _ => Targets::new().with_default(LevelFilter::TRACE),
    };
    // Its own errors would go to standard error by `eprintln!`, which panics if nobody reads it.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let _ = tracing_subscriber::registry().with(lines).with(shown).try_init();
}
