//! A client over this backend delays its retries on the thread that makes the call, and starts no timer thread. A test binary of its own, so
//! that nothing else starts one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(target_os = "linux", any(feature = "aws-lc-rs", feature = "ring")))]

fn make() -> std::sync::Arc<dyn line_channel_token_conformance::HttpBackend> {
    std::sync::Arc::new(line_channel_token_ureq::UreqBackend::builder().no_proxy().build().unwrap())
}

line_channel_token_conformance::__cases! { make on_the_thread {
    retry_delays: a_retry_starts_no_timer_thread;
} }
