//! The suites that both backends pass, with clients of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
line_channel_token_conformance::__own_client_suite!(line_channel_token_reqwest::ReqwestBackend, "ReqwestBackend");

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
line_channel_token_conformance::__no_provider_suite!(line_channel_token_reqwest::ReqwestBackend);

#[cfg(any(feature = "aws-lc-rs", feature = "ring", feature = "rustls-no-provider"))]
line_channel_token_conformance::__tls_config_suite!(line_channel_token_reqwest::ReqwestBackend);

line_channel_token_conformance::__construction_suite!(line_channel_token_reqwest::ReqwestBackend);

#[cfg(any(feature = "aws-lc-rs", not(any(feature = "ring", feature = "rustls-no-provider"))))]
#[test]
fn a_client_without_tls_settings_can_be_built_beside_this_crate() {
    let client = reqwest::Client::builder().build().unwrap();
    line_channel_token_conformance::assert_shareable(&line_channel_token_reqwest::ReqwestBackend::from_client(client));
}
