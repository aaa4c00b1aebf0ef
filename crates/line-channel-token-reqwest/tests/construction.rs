//! What can be built in which build, and what a value of it tells.

use line_channel_token_core::ErrorKind;
use line_channel_token_reqwest::ReqwestBackend;

fn is_shareable<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn the_defaults_are_enough() {
    let backend = ReqwestBackend::new().unwrap();
    is_shareable(&backend);
    assert_eq!(format!("{backend:?}"), "ReqwestBackend { .. }");
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
#[test]
fn without_a_provider_the_construction_fails_and_says_what_to_enable() {
    let error = ReqwestBackend::new().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend);
    let text = error.to_string();
    assert!(text.contains("enable the feature aws-lc-rs or ring") && text.contains("from_client"), "{text}");
}

#[test]
fn a_root_that_is_no_certificate_fails_the_builder() {
    let builder = ReqwestBackend::builder().connect_timeout(std::time::Duration::from_secs(1));
    is_shareable(&builder);
    let error = builder.add_root_certificate_pem(b"s3cret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[cfg(any(feature = "aws-lc-rs", not(any(feature = "ring", feature = "rustls-no-provider"))))]
#[test]
fn a_client_that_says_nothing_of_tls_can_be_built_beside_this_crate() {
    let backend = ReqwestBackend::from_client(reqwest::Client::builder().build().unwrap());
    is_shareable(&backend);
}
