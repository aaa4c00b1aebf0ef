//! A client over this backend delays its retries by Tokio's timers, and starts no timer thread of its own. A test binary of its
//! own, so that nothing else starts one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(target_os = "linux", any(feature = "aws-lc-rs", feature = "ring")))]

line_channel_token_conformance::__retry_delay_suite!(line_channel_token_hyper::HyperBackend);
