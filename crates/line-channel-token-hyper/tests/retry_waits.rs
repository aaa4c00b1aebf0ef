//! A client over this backend waits on Tokio between tries: it starts no timer thread beside the runtime's timers. A test
//! binary of its own, so that nothing else starts one.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(all(target_os = "linux", any(feature = "aws-lc-rs", feature = "ring")))]

use conformance::retry_waits;
use line_channel_token_hyper::HyperBackend;

#[test]
fn retries_wait_on_the_runtime_and_start_no_thread() {
    retry_waits::on_the_runtime(HyperBackend::new().unwrap());
}

#[test]
fn a_wait_outside_of_a_runtime_is_left_to_the_clock() {
    retry_waits::outside_of_a_runtime(&HyperBackend::new().unwrap());
}
