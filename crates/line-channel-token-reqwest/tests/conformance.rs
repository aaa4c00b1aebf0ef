//! The suite that every backend passes, with a client of the backend's own.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::sync::Arc;

use line_channel_token_core::HttpBackend;
use line_channel_token_reqwest::ReqwestBackend;

fn backend(ca_pem: &str) -> Arc<dyn HttpBackend> {
    Arc::new(ReqwestBackend::builder().no_proxy().add_root_certificate_pem(ca_pem.as_bytes()).unwrap().build().unwrap())
}

conformance::suite!(backend);
