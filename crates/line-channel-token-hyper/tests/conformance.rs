//! The suites that both backends pass, with clients of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
line_channel_token_conformance::__own_client_suite!(line_channel_token_hyper::HyperBackend, "HyperBackend");

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
line_channel_token_conformance::__no_provider_suite!(line_channel_token_hyper::HyperBackend);

line_channel_token_conformance::__tls_config_suite!(line_channel_token_hyper::HyperBackend);

line_channel_token_conformance::__construction_suite!(line_channel_token_hyper::HyperBackend);
