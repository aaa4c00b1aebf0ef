//! A build without a crypto provider compiles, and says which feature to enable.
#![cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm, SigningKey};
use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind};

#[test]
fn errors_name_the_missing_feature() {
    for result in [
        SigningKey::generate_rsa(),
        SigningKey::generate_ec(),
        SigningKey::from_pem(include_str!("keys/rsa-pkcs8.pem")),
        SigningKey::from_der(include_bytes!("keys/ec-sec1.der")),
        SigningKey::from_jwk(include_str!("keys/rfc7515-a2.jwk")),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Signing);
        assert!(error.to_string().contains("enable the feature `aws-lc-rs` or `rust-crypto`"), "{error}");
    }
}

#[test]
fn a_template_needs_no_provider() {
    let template = AssertionTemplate::new(
        ChannelId::new("1234567890").unwrap(),
        AssertionKid::new("kid").unwrap(),
        SigningAlgorithm::Rs256,
    );
    template.unsigned(None).attach_signature(&[7; 256]).unwrap();
}
