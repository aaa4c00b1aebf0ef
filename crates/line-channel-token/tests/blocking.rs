//! The blocking client over backends that need what is not there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "aws-lc-rs", feature = "hyper", feature = "reqwest", feature = "ureq"))]

use line_channel_token::blocking::Client;
use line_channel_token::{
    BaseUrl, ChannelId, ChannelSecret, HttpBackend, HyperBackend, ReqwestBackend, RetryPolicy, Sent, UreqBackend,
};

fn error_over(backend: impl HttpBackend) -> line_channel_token::Error {
    // Nobody listens there.
    let base_url = BaseUrl::new("http://127.0.0.1:1").unwrap();
    let client = line_channel_token::Client::builder(backend).base_url(base_url);
    let client = Client::from(client.retry(RetryPolicy::default().with_max_attempts(1)).build());
    let channel = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cret").unwrap());
    client.issue_stateless(&channel.0, &channel.1).unwrap_err()
}

#[test]
fn a_backend_that_needs_a_runtime_says_so() {
    for error in [error_over(HyperBackend::new().unwrap()), error_over(ReqwestBackend::new().unwrap())] {
        assert!(error.to_string().contains("needs a Tokio runtime"), "{error}");
        assert_eq!(error.sent(), Sent::NotSent);
    }
    let error = error_over(UreqBackend::new().unwrap());
    assert!(error.to_string().contains("connection refused"), "{error}");
}
