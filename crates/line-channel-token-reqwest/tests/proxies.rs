//! Requests through proxies.
#![allow(clippy::unwrap_used, reason = "all of it is test code, where a panic is the report")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::HttpBackend;
use line_channel_token_reqwest::ReqwestBackend;

fn backend(ca_pem: &str, proxy: &str, connect_timeout: Duration) -> Arc<dyn HttpBackend> {
    let builder = ReqwestBackend::builder().connect_timeout(connect_timeout).proxy(proxy).unwrap();
    assert!(!format!("{builder:?}{builder:#?}").contains("s3cret"));
    Arc::new(builder.add_root_certificate_pem(ca_pem.as_bytes()).unwrap().build().unwrap())
}

conformance::proxy_suite!(backend);

#[test]
fn a_proxy_that_cannot_be_used_is_refused_without_its_url() {
    for url in ["", "ftp://s3cret", "http://s3cret:0", "http://user:s3/cret@host", "\"http://s3cret\""] {
        let error = ReqwestBackend::builder().proxy(url).unwrap_err();
        assert_eq!(error.kind(), line_channel_token_core::ErrorKind::InvalidInput);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}
