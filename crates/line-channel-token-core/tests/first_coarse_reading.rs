//! A process that glances at the clock before it has ever looked. A test binary of its own, so that nothing else looks.

use std::time::Duration;

use line_channel_token_core::{Clock, SystemClock};

#[test]
fn the_first_glance_counts_suspension_like_the_first_look() {
    let coarse = SystemClock.now_coarse();
    let now = SystemClock.now();
    assert!(coarse.monotonic <= now.monotonic, "{coarse:?} {now:?}");
    assert!(coarse.monotonic + Duration::from_secs(2) >= now.monotonic, "{coarse:?} {now:?}");
}
