//! What the environment of the process decides.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::sync::Arc;

use line_channel_token_core::{Error, HttpBackend};
use line_channel_token_reqwest::ReqwestBackend;

fn backend(ca_pem: &str) -> Result<Arc<dyn HttpBackend>, Error> {
    let mut builder = ReqwestBackend::builder();
    if !ca_pem.is_empty() {
        builder = builder.add_root_certificate_pem(ca_pem.as_bytes())?;
    }
    Ok(Arc::new(builder.build()?))
}

#[test]
fn the_environment_names_the_proxy() {
    conformance::environment::proxies("child_with_another_environment");
}

/// Elsewhere the platform keeps its roots, whatever the environment says.
#[cfg(target_os = "linux")]
#[test]
fn private_roots_work_without_the_platforms() {
    conformance::environment::no_platform_roots("child_with_another_environment");
}

#[test]
#[ignore = "run by the other tests"]
fn child_with_another_environment() {
    conformance::environment::child(backend);
}
