//! What can be built in which build, and what a value of it tells.

use line_channel_token_core::ErrorKind;
use line_channel_token_hyper::HyperBackend;

fn is_shareable<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn the_defaults_are_enough() {
    let backend = HyperBackend::new().unwrap();
    is_shareable(&backend);
    assert_eq!(format!("{backend:?}"), "HyperBackend { .. }");
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
#[test]
fn without_a_provider_the_construction_fails_and_says_what_to_enable() {
    let error = HyperBackend::new().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend);
    let text = error.to_string();
    assert!(text.contains("enable the feature aws-lc-rs or ring") && text.contains("from_client"), "{text}");
}

#[test]
fn a_root_that_is_no_certificate_fails_the_builder() {
    let builder = HyperBackend::builder().connect_timeout(std::time::Duration::from_secs(1));
    is_shareable(&builder);
    let error = builder.add_root_certificate_pem(b"s3cret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
