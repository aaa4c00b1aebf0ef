//! A process whose first reading of the clock is a coarse one. A test binary of its own, so that nothing else reads the clock.

use std::time::Duration;

use line_channel_token_core::{Clock, SystemClock};

#[test]
fn a_first_coarse_reading_counts_suspension() {
    let coarse = SystemClock.now_coarse();
    let now = SystemClock.now();
    assert!(coarse.monotonic <= now.monotonic, "{coarse:?} {now:?}");
    assert!(coarse.monotonic + Duration::from_secs(2) >= now.monotonic, "{coarse:?} {now:?}");
}
