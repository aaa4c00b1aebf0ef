//! The suite that every backend passes, with a client that the caller built.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::sync::Arc;

use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use line_channel_token_hyper::HyperBackend;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

fn backend(ca_pem: &str) -> HyperBackend {
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
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    HyperBackend::from_client(Client::builder(TokioExecutor::new()).build(HttpsConnector::from((tcp, tls))))
}

line_channel_token_conformance::suite! {
    backend: backend,
    without: [idle_limit],
    with: [pool_for_all_runtimes, error_messages],
}
