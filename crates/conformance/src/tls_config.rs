//! A TLS configuration of the caller's. [`tls_suite!`](crate::tls_suite) makes a test of each case.

use std::sync::Arc;

use line_channel_token_core::{Error, ErrorKind, HttpBackend, Sent, TransportErrorKind};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use crate::authority::{Shows, acceptor, ca_pem, client_certificate, leaf, roots, server_config};
use crate::call::{fails, post, roomy, succeeds_with};
use crate::server::{Server, ok};

/// Makes the backend under test with this configuration, and with added roots if there are some.
pub type MakeWithTls = fn(ClientConfig, added_roots: Option<&str>) -> Result<Arc<dyn HttpBackend>, Error>;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Trusts the suite's CA alone, and has no certificate of its own.
fn pinned() -> ClientConfig {
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots()), provider()).build().unwrap();
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    builder.with_webpki_verifier(verifier).with_no_client_auth()
}

fn offering(protocols: Vec<Vec<u8>>) -> ClientConfig {
    let mut config = pinned();
    config.alpn_protocols = protocols;
    config
}

/// Responds with the protocol that was agreed on.
async fn server(acceptor: TlsAcceptor) -> Server {
    Server::start(Some(acceptor), |mut connection| async move {
        let protocol = connection.protocol();
        while connection.answer(ok(&protocol)).await.is_some() {}
    })
    .await
}

/// HTTP/1.1 is offered, also if the configuration says nothing of it.
pub async fn its_roots_are_used_and_http_1_is_offered(make: MakeWithTls) {
    let mut config = server_config(Shows::Valid, rustls::ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = server(TlsAcceptor::from(Arc::new(config))).await;
    for protocols in [vec![], vec![b"http/1.1".to_vec()]] {
        let backend = make(offering(protocols), None).unwrap();
        assert_eq!(succeeds_with(&*backend, post(&server), roomy()).await.body(), "http/1.1");
    }
}

fn demanding(version: &'static SupportedProtocolVersion) -> TlsAcceptor {
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots()), provider()).build().unwrap();
    let (chain, key) = leaf(Shows::Valid);
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).unwrap();
    let config = builder.with_client_cert_verifier(clients).with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server that demands one gets it, and without it the call fails.
pub async fn a_client_certificate_is_shown(make: MakeWithTls) {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = server(demanding(version)).await;
        let (chain, key) = client_certificate();
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let config = builder.with_root_certificates(roots()).with_client_auth_cert(chain, key).unwrap();
        let backend = make(config, None).unwrap();
        succeeds_with(&*backend, post(&server), roomy()).await;

        let error = make(pinned(), None).unwrap().send(post(&server), roomy()).await.unwrap_err();
        // With TLS 1.3 the client is done before the server looks, so that the refusal can be lost with the connection.
        if version.version == ProtocolVersion::TLSv1_2 {
            assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
            assert!(error.to_string().contains("client certificate"), "{error}");
        }
    }
}

/// What cannot be meant fails the build.
pub async fn what_contradicts_it_is_refused(make: MakeWithTls) {
    let h2 = offering(vec![b"h2".to_vec(), b"http/1.1".to_vec()]);
    for (config, added, says) in [(h2, None, "alpn_protocols"), (pinned(), Some(ca_pem()), "both tls_config and root")]
    {
        let error = make(config, added.as_deref()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Neither the platform's roots nor others count.
pub async fn nothing_else_is_trusted(make: MakeWithTls) {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let server = server(acceptor(Shows::Valid, rustls::ALL_VERSIONS)).await;
    let backend = make(config, None).unwrap();
    fails(&*backend, post(&server), roomy(), TransportErrorKind::Certificate, Sent::NotSent, "no root").await;
}

/// Runs one case on a runtime of its own. [`tls_suite!`](crate::tls_suite) calls it.
pub fn run<F: Future<Output = ()>>(make: MakeWithTls, case: fn(MakeWithTls) -> F) {
    crate::run_case(case(make));
}

/// Makes a `#[test]` of each case of [`tls_config`](crate::tls_config), for the backend that the given
/// [`MakeWithTls`](crate::tls_config::MakeWithTls) function makes.
#[macro_export]
macro_rules! tls_suite {
    ($make:expr) => {
        $crate::tls_suite! { @cases $make;
            its_roots_are_used_and_http_1_is_offered,
            a_client_certificate_is_shown,
            what_contradicts_it_is_refused,
            nothing_else_is_trusted;
        }
    };
    (@cases $make:expr; $($case:ident),+;) => {$(
        #[test]
        fn $case() {
            $crate::tls_config::run($make, $crate::tls_config::$case);
        }
    )+};
}
