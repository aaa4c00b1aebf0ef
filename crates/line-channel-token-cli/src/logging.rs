//! `-v`: what the library traces, on standard error.

use tracing_subscriber::filter::LevelFilter;

/// Shows spans and events of the library, from `-v` on.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let _ = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).try_init();
}
