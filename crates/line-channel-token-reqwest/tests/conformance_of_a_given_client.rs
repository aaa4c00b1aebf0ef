//! The suite that every backend passes, with a client that the caller built as `from_client` asks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::sync::Arc;

use line_channel_token_reqwest::ReqwestBackend;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

fn backend(ca_pem: &str) -> ReqwestBackend {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    ReqwestBackend::from_client(client)
}

line_channel_token_conformance::suite! {
    backend: backend,
    without: [idle_limit],
    with: [pool_for_all_runtimes, error_messages],
}
