//! A TLS configuration of the caller's.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring", feature = "rustls-no-provider"))]

use std::sync::Arc;

use line_channel_token_core::{Error, HttpBackend};
use line_channel_token_reqwest::ReqwestBackend;
use line_channel_token_reqwest::rustls::ClientConfig;

fn backend(config: ClientConfig, added_roots: Option<&str>) -> Result<Arc<dyn HttpBackend>, Error> {
    let mut builder = ReqwestBackend::builder().no_proxy().tls_config(config);
    if let Some(pem) = added_roots {
        builder = builder.add_root_certificate_pem(pem.as_bytes())?;
    }
    Ok(Arc::new(builder.build()?))
}

conformance::tls_suite!(backend);
